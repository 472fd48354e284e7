import { describe, expect, it } from "vitest";
import { BaseDelay } from "../../../src/sender/congestion/base-delay.ts";
import { Drain } from "../../../src/sender/congestion/drain.ts";
import { RoundTrip } from "../../../src/sender/congestion/rtt.ts";
import { Silence } from "../../../src/sender/congestion/silence.ts";
import { StandingQueue } from "../../../src/sender/congestion/standing-queue.ts";

describe("a standing queue", () => {
  /** What it says, and when, asked every 50 ms. */
  function said(queueAt: (nowMs: number) => number, seconds: number, draining = false): [number, string][] {
    const standing = new StandingQueue();
    const changes: [number, string][] = [];
    let last = "none";
    for (let nowMs = 0; nowMs < seconds * 1_000; nowMs += 50) {
      const now = standing.update(queueAt(nowMs), draining, Number.NEGATIVE_INFINITY, nowMs);
      if (now !== last) changes.push([nowMs, now]);
      last = now;
    }
    return changes.filter(([, what]) => what !== "none");
  }

  it("is given way to three times, then competed with", () => {
    expect(said(() => 100, 6)).toEqual([
      [1_000, "give-way"],
      [2_000, "give-way"],
      [3_000, "give-way"],
      [4_000, "compete"],
    ]);
  });

  it("that goes when given way to was our own", () => {
    expect(said((nowMs) => (nowMs < 1_300 ? 100 : 20), 10)).toEqual([[1_000, "give-way"]]);
  });

  it("that touches the ground now and then is no standing queue", () => {
    expect(said((nowMs) => (nowMs % 900 === 0 ? 10 : 150), 20)).toEqual([]);
  });

  it("is competed with until two seconds after it has gone", () => {
    const standing = new StandingQueue();
    const at = (nowMs: number, queueMs: number) => standing.update(queueMs, false, Number.NEGATIVE_INFINITY, nowMs);
    for (let nowMs = 0; nowMs <= 5_000; nowMs += 50) at(nowMs, 100);
    expect(at(5_050, 10)).toBe("compete");
    expect(at(6_900, 10)).toBe("compete");
    expect(at(7_100, 10)).toBe("none");
  });

  it("is given way to again after half a minute, lest two flows believe this of each other", () => {
    const ways = said(() => 100, 45).map(([atMs]) => atMs);
    expect(ways.filter((atMs) => atMs > 30_000)).not.toEqual([]);
  });

  it("without end is not competed with", () => {
    expect(said(() => 900, 10).map(([, what]) => what)).not.toContain("compete");
  });

  it("that is being drained needs nothing else", () => {
    expect(said(() => 800, 10, true)).toEqual([]);
  });
});

describe("draining", () => {
  it("takes until the queue is gone, and not for ever", () => {
    const drain = new Drain();
    expect(drain.share(500, 0)).toBe(1);
    drain.begin(1_000);
    expect(drain.share(500, 1_500)).toBeLessThan(0.5);
    expect(drain.share(30, 2_000)).toBe(1);
    expect(drain.share(500, 2_100)).toBe(1);
    drain.begin(10_000);
    expect(drain.share(500, 12_400)).toBeLessThan(0.5);
    expect(drain.share(500, 12_600)).toBe(1);
  });

  it("does not end before the queue can be seen", () => {
    const drain = new Drain();
    drain.begin(1_000);
    expect(drain.share(5, 1_300)).toBeLessThan(0.5);
    expect(drain.share(5, 1_500)).toBe(1);
  });
});

describe("silence", () => {
  it("takes the rate down once in half a second, while packets are under way", () => {
    const silence = new Silence();
    silence.onFeedback(1_000);
    const kept = [1_400, 1_750, 1_800, 2_200, 2_250, 2_700].map((nowMs) => silence.tick(true, 50, nowMs));
    expect(kept.map((share) => share < 1)).toEqual([false, true, false, false, true, false]);
    silence.onFeedback(2_800);
    expect(silence.tick(true, 50, 3_300)).toBe(1);
  });

  it("is no silence before the first feedback, nor when nothing was sent", () => {
    const silence = new Silence();
    expect(silence.tick(true, 50, 60_000)).toBe(1);
    silence.onFeedback(60_000);
    expect(silence.tick(false, 50, 70_000)).toBe(1);
    expect(silence.tick(true, 50, 70_100)).toBe(1);
  });
});

describe("the least of the last seconds", () => {
  it("round-trip time forgets after ten", () => {
    const rtt = new RoundTrip();
    expect(rtt.leastMs).toBe(100);
    [80, 30, 60, Number.NaN, -5].forEach((ms, i) => {
      rtt.add(ms, i * 100);
    });
    expect(rtt.leastMs).toBe(30);
    for (let nowMs = 1_000; nowMs <= 10_000; nowMs += 500) rtt.add(70, nowMs);
    expect(rtt.leastMs).toBe(70);
  });

  it("base delay forgets after thirty, and follows a clock that runs away", () => {
    const base = new BaseDelay();
    expect([5_000, 5_040, 4_990].map((ms, i) => base.update(ms, i * 100))).toEqual([0, 40, 0]);
    let queueMs = 0;
    for (let nowMs = 1_000; nowMs <= 120_000; nowMs += 100) queueMs = base.update(5_000 + nowMs / 10_000, nowMs);
    expect(queueMs).toBeLessThan(5);
  });
});
