import { describe, expect, it } from "vitest";
import { StandingQueue } from "../../../src/sender/congestion/standing-queue.ts";

interface Conditions {
  seconds: number;
  draining?: boolean;
  lossAt?(nowMs: number): number;
  fallenAtMs?: number;
}

const FIRST_BPS = 2_000_000;
const STEP_MS = 50;

/** What it says, and when: the rate is 15 % lower each time it gives way, and higher by 5 % a second while it competes. */
function said(queueAt: (nowMs: number) => number, { seconds, draining = false, lossAt, fallenAtMs }: Conditions) {
  const standing = new StandingQueue();
  const changes: [number, string][] = [];
  let [last, estimateBps, decreasedAtMs] = ["none", FIRST_BPS, Number.NEGATIVE_INFINITY];
  for (let nowMs = 0; nowMs < seconds * 1_000; nowMs += STEP_MS) {
    const lossFraction = lossAt?.(nowMs) ?? 0;
    const seen = { queueMs: queueAt(nowMs), lossFraction, fallen: nowMs === fallenAtMs };
    const now = standing.update({ ...seen, estimateBps, draining, decreasedAtMs }, nowMs);
    if (now !== last) changes.push([nowMs, now]);
    if (now === "give-way") {
      estimateBps *= 0.85;
      decreasedAtMs = nowMs;
    } else if (now === "compete") estimateBps *= 1 + (0.05 * STEP_MS) / 1_000;
    last = now;
  }
  return changes.filter(([, what]) => what !== "none");
}

/** TCP's: up by 50 ms a second, and halved when it is full. */
const saw = (nowMs: number) => 75 + ((nowMs / 20) % 75);

describe("a standing queue", () => {
  it.each<[string, (nowMs: number) => number]>([
    ["stands still", () => 100],
    ["saws up and down", saw],
  ])("that %s is given way to until less than half is left, then competed with", (_, queueAt) => {
    const ways = said(queueAt, { seconds: 12 });
    expect(ways.filter(([, what]) => what === "give-way")).toHaveLength(6);
    expect(ways.at(-1)).toEqual([expect.any(Number), "compete"]);
  });

  it("is competed with within 1.3 s once the rate has fallen deeply, drain or not", () => {
    const standing = new StandingQueue();
    const update = (queueMs: number, estimateBps: number, decreasedAtMs: number, nowMs: number) =>
      standing.update({ queueMs, estimateBps, lossFraction: 0, fallen: false, draining: true, decreasedAtMs }, nowMs);
    update(0, FIRST_BPS, 0, 0);
    const says = Array.from({ length: 26 }, (_, i) => update(120, 0.3 * FIRST_BPS, 50, 50 + i * STEP_MS));
    expect(says.slice(0, 19)).not.toContain("compete");
    expect(says).toContain("compete");
  });

  it("that shortens once we send less is our own, however long it takes", () => {
    const own = (nowMs: number) => Math.max(450 - Math.max(0, nowMs - 1_300) * 0.1, 20);
    expect(said(own, { seconds: 10 }).map(([, what]) => what)).not.toContain("compete");
  });

  it("that stands in vain is another's, though it began like a fall of the link", () => {
    const ways = said(() => 100, { seconds: 8, fallenAtMs: 4_000 });
    expect(ways.map(([, what]) => what)).toContain("compete");
  });

  it("long after a fall is our own until we have little of what was left of the link", () => {
    const competesAfter = (quietMs: number) => {
      const standing = new StandingQueue();
      const LEFT_BPS = 0.3 * FIRST_BPS;
      const update = (queueMs: number, estimateBps: number, nowMs: number, fallen = false) =>
        standing.update({ queueMs, estimateBps, lossFraction: 0, fallen, draining: true, decreasedAtMs }, nowMs);
      let decreasedAtMs = 0;
      update(0, FIRST_BPS, 0);
      update(120, LEFT_BPS, STEP_MS, true);
      let nowMs = 2 * STEP_MS;
      for (; nowMs < quietMs; nowMs += STEP_MS) update(10, LEFT_BPS, nowMs);
      decreasedAtMs = nowMs + STEP_MS;
      const says = Array.from({ length: 80 }, (_, i) => update(100, LEFT_BPS, nowMs + i * STEP_MS));
      return says.includes("compete");
    };
    expect(competesAfter(1_000)).toBe(true);
    expect(competesAfter(20_000)).toBe(false);
  });

  it("that outlasts a drain is another's at once", () => {
    const standing = new StandingQueue();
    const fall = { lossFraction: 0, draining: true, decreasedAtMs: 100 };
    standing.update({ ...fall, queueMs: 0, estimateBps: FIRST_BPS, fallen: false }, 0);
    const seen = { ...fall, queueMs: 140, estimateBps: 0.3 * FIRST_BPS };
    expect(standing.update({ ...seen, fallen: true }, 100)).toBe("none");
    expect(standing.update({ ...seen, fallen: false }, 700)).toBe("none");
    expect(standing.update({ ...seen, fallen: false, outlasted: true, draining: false }, 750)).toBe("compete");
    expect(standing.fairShareBps).toBeGreaterThan(0.45 * FIRST_BPS);
  });

  it("makes nobody forget what was ours before, though it is short for a moment", () => {
    const standing = new StandingQueue();
    const update = (queueMs: number, estimateBps: number, nowMs: number) =>
      standing.update(
        { queueMs, estimateBps, lossFraction: 0, fallen: false, draining: true, decreasedAtMs: 10_300 },
        nowMs,
      );
    update(0, FIRST_BPS, 0);
    for (let nowMs = 50; nowMs < 10_000; nowMs += STEP_MS) update(100, 0.5 * FIRST_BPS, nowMs);
    for (let nowMs = 10_000; nowMs < 10_300; nowMs += STEP_MS) update(20, 0.3 * FIRST_BPS, nowMs);
    const says = Array.from({ length: 60 }, (_, i) => update(100, 0.3 * FIRST_BPS, 10_300 + i * STEP_MS));
    expect(says).toContain("compete");
  });

  it("that goes when given way to was our own", () => {
    expect(said((nowMs) => (nowMs < 1_300 ? 100 : 20), { seconds: 10 })).toEqual([[1_000, "give-way"]]);
  });

  it("that touches the ground now and then is no standing queue", () => {
    expect(said((nowMs) => (nowMs % 900 === 0 ? 10 : 150), { seconds: 20 })).toEqual([]);
  });

  it("is competed with until two seconds after it has gone", () => {
    const ways = said((nowMs) => (nowMs < 10_000 ? 100 : 10), { seconds: 20 });
    const [, last] = ways.at(-1) ?? [];
    expect(last).toBe("compete");
    const longer = said((nowMs) => (nowMs < 10_000 || nowMs > 11_500 ? 100 : 10), { seconds: 14 });
    expect(longer).toEqual(ways);
  });

  it("is given way to again after half a minute, lest two flows believe this of each other", () => {
    const ways = said(() => 100, { seconds: 60 }).filter(([, what]) => what === "give-way");
    expect(ways.filter(([atMs]) => atMs > 35_000)).not.toEqual([]);
  });

  it("is given way to when so much is lost that the other flow cannot be one that heeds losses", () => {
    const ways = said(() => 100, { seconds: 12, lossAt: (nowMs) => (nowMs > 9_000 ? 0.1 : 0) });
    const competedAtMs = ways.findIndex(([, what]) => what === "compete");
    expect(ways[competedAtMs + 1]).toEqual([9_050, "give-way"]);
  });

  it("without end is not competed with", () => {
    expect(said(() => 900, { seconds: 20 }).map(([, what]) => what)).not.toContain("compete");
  });

  it("that becomes hopeless while it is competed with is given way to, and was our own", () => {
    const ways = said((nowMs) => (nowMs < 8_000 ? 100 : nowMs < 8_500 ? 600 : 300), { seconds: 12 });
    const competedAt = ways.findIndex(([, what]) => what === "compete");
    expect(ways[competedAt + 1]).toEqual([8_000, "give-way"]);
    expect(ways.slice(competedAt + 1).map(([, what]) => what)).not.toContain("compete");
  });

  it("that is being drained is not given way to besides", () => {
    expect(said(() => 800, { seconds: 10, draining: true })).toEqual([]);
  });
});
