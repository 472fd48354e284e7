import { describe, expect, it } from "vitest";
import { Drain } from "../../../src/sender/congestion/drain.ts";
import { Least } from "../../../src/sender/congestion/least.ts";
import { Path } from "../../../src/sender/congestion/path.ts";
import { Silence } from "../../../src/sender/congestion/silence.ts";

describe("draining", () => {
  it("takes until the queue is gone, and not for ever", () => {
    const drain = new Drain();
    expect(drain.share(500, 0)).toBe(1);
    drain.beginForFall(1_000);
    expect(drain.share(500, 1_500)).toBeLessThan(0.5);
    expect(drain.share(30, 2_000)).toBe(1);
    expect(drain.share(500, 2_100)).toBe(1);
    drain.beginForFall(10_000);
    expect(drain.share(1_200, 12_400)).toBeLessThan(0.5);
    expect(drain.share(1_200, 12_600)).toBe(1);
  });

  it("ends when the queue has outlasted what our own could have been", () => {
    const drain = new Drain();
    drain.beginForFall(1_000);
    expect(drain.share(150, 1_350)).toBeLessThan(0.5);
    expect(drain.share(120, 1_650)).toBeLessThan(0.5);
    expect(drain.outlasted).toBe(false);
    expect(drain.share(140, 1_750)).toBe(1);
    expect(drain.outlasted).toBe(true);
    drain.share(60, 1_800);
    expect(drain.outlasted).toBe(true);
    drain.share(20, 1_850);
    expect(drain.outlasted).toBe(false);
    drain.beginForFall(5_000);
    expect(drain.outlasted).toBe(false);
    expect(drain.share(5, 5_500)).toBe(1);
    expect(drain.outlasted).toBe(false);
  });

  it("that its end is told of tells nothing more: who learned that the queue is another's has learned it", () => {
    const drain = new Drain();
    drain.beginForFall(1_000);
    drain.share(140, 1_300);
    drain.share(140, 1_800);
    expect(drain.outlasted).toBe(true);
    drain.end();
    drain.share(140, 1_900);
    expect(drain.outlasted).toBe(false);
  });

  it("of a queue that over-use has left goes less low, and ends with it", () => {
    const drain = new Drain();
    drain.beginForQueue(1_000);
    expect(drain.share(90, 1_000)).toBe(0.5);
    expect(drain.share(45, 1_300)).toBe(0.5);
    expect(drain.share(35, 1_350)).toBe(1);
    expect(drain.share(90, 1_400)).toBe(1);
  });

  it("of such a queue takes no longer than it takes our own to go", () => {
    const drain = new Drain();
    drain.beginForQueue(1_000);
    expect(drain.share(100, 1_650)).toBe(0.5);
    drain.beginForQueue(1_650);
    expect(drain.share(100, 1_700)).toBe(1);
    expect(drain.outlasted).toBe(true);
  });

  it("goes lower when the link falls meanwhile, and no less low for a queue", () => {
    const drain = new Drain();
    drain.beginForQueue(1_000);
    drain.beginForFall(1_100);
    expect(drain.share(200, 1_200)).toBeLessThan(0.5);
    drain.beginForQueue(1_300);
    expect(drain.share(200, 1_300)).toBeLessThan(0.5);
  });

  it("ends when the queue turns out to be another's", () => {
    const drain = new Drain();
    drain.beginForFall(1_000);
    drain.end();
    expect(drain.share(500, 1_100)).toBe(1);
  });

  it("does not end before the queue can be seen", () => {
    const drain = new Drain();
    drain.beginForFall(1_000);
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
    expect(silence.endedAtMs).toBe(Number.NEGATIVE_INFINITY);
    silence.onFeedback(2_800);
    silence.onFeedback(2_850);
    expect(silence.endedAtMs).toBe(2_800);
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
  /** How much more than the least each of these was. */
  const above = (least: Least, ms: number, nowMs: number) => {
    least.add(ms, nowMs);
    return ms - least.leastMs;
  };

  it("forgets what is older than its memory", () => {
    const least = new Least(10_000);
    expect([80, 30, 60].map((ms, i) => above(least, ms, i * 100))).toEqual([0, 0, 30]);
    for (let nowMs = 1_000; nowMs <= 9_500; nowMs += 500) expect(above(least, 70, nowMs)).toBe(40);
    expect(above(least, 70, 10_000)).toBe(0);
  });

  it("follows a clock that runs away", () => {
    const least = new Least(30_000);
    let queueMs = 0;
    for (let nowMs = 1_000; nowMs <= 120_000; nowMs += 100) queueMs = above(least, 5_000 + nowMs / 10_000, nowMs);
    expect(queueMs).toBeLessThan(5);
  });

  it("forgets in a pause, in which clocks drift apart", () => {
    const least = new Least(30_000);
    least.add(20, 1_000);
    expect(above(least, 60, 30_000)).toBe(40);
    expect(above(least, 60, 31_500)).toBe(0);
    expect(above(least, 240, 3_601_000)).toBe(0);
  });

  it("forgets though the clock was set back", () => {
    const least = new Least(30_000);
    least.add(5_000, 1_000_000);
    let queueMs = 0;
    for (let nowMs = 0; nowMs <= 40_000; nowMs += 100) queueMs = above(least, 5_200, nowMs);
    expect(queueMs).toBe(0);
  });

  it("is a guess before the first and once it is doubted, until the next", () => {
    const least = new Least(10_000, 100);
    expect([least.leastMs, least.known]).toEqual([100, false]);
    least.add(30, 0);
    least.doubt();
    expect([least.leastMs, least.known]).toEqual([30, false]);
    least.add(120, 100);
    expect([least.leastMs, least.known]).toEqual([120, true]);
  });
});

it("a round trip that is none is not counted", () => {
  const path = new Path();
  for (const rttMs of [Number.NaN, -5]) path.onReport(rttMs, 1_000);
  expect([path.rttMs, path.rttKnown]).toEqual([100, false]);
});
