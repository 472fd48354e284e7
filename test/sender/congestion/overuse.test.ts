import { describe, expect, it } from "vitest";
import { OveruseDetector } from "../../../src/sender/congestion/overuse-detector.ts";
import { Trendline } from "../../../src/sender/congestion/trendline.ts";
import { Random } from "../../support/random.ts";

/** Groups every 33 ms, each so much later than the one before. */
function usagesOf(deltasMs: number[], { queueMs = 50, competing = false } = {}) {
  const trendline = new Trendline();
  const detector = new OveruseDetector();
  return deltasMs.map((deltaMs, i) => {
    const slope = trendline.update(deltaMs, 33, i * 33);
    const groups = trendline.count;
    return detector.update({ slope, groups, sendDeltaMs: 33, arrivalMs: i * 33, lastingQueueMs: queueMs, competing });
  });
}

/** Of 60 groups. */
const TREND_PER_SLOPE_MS = 240;

const still = Array<number>(30).fill(0);
const rising = (ms: number) => Array<number>(20).fill(ms);

describe("the trend line", () => {
  it.each([0, 2, -2, 10])("finds the slope of a delay that changes by %d ms a group", (deltaMs) => {
    const trendline = new Trendline();
    let slope = 0;
    for (let i = 0; i < 60; i++) slope = trendline.update(deltaMs, 33, i * 33);
    expect(slope).toBeCloseTo(deltaMs / 33, 3);
  });

  it("says nothing of a few groups", () => {
    const trendline = new Trendline();
    expect([5, 5, 5].map((deltaMs, i) => trendline.update(deltaMs, 33, i * 33))).toEqual([0, 0, 0]);
  });

  it("keeps some pictures in view when packets are paced", () => {
    const trendline = new Trendline();
    for (let i = 0; i < 60; i++) trendline.update(0, 5, i * 5);
    expect(Math.abs(trendline.update(10, 5, 300))).toBeLessThan(0.02);
  });
});

describe("the over-use detector", () => {
  it("sees a queue that grows by 10 % within half a second", () => {
    expect(usagesOf([...still, ...rising(3.3)]).indexOf("over")).toBeLessThan(30 + 15);
    expect(usagesOf([...still, ...rising(3.3)])).toContain("over");
  });

  it("sees nothing in jitter, nor in one late picture", () => {
    const random = new Random(5);
    const jitter = Array.from({ length: 300 }, () => random.next() * 8);
    expect(usagesOf(jitter.map((ms, i) => ms - (jitter[i - 1] ?? 0)))).not.toContain("over");
    expect(usagesOf([...still, 25, -25, ...still])).not.toContain("over");
  });

  it("a growth that is over is not paid for twice", () => {
    const usages = usagesOf([...still, ...rising(5), ...still]);
    const lastOver = usages.lastIndexOf("over");
    expect(usages.slice(lastOver + 1, lastOver + 5)).toContain("easing");
    expect(lastOver).toBeLessThan(30 + 20 + 5);
    expect(usages.at(-1)).toBe("normal");
  });

  it("a queue that drains is under-use", () => {
    expect(usagesOf([...still, ...rising(10), ...rising(-10)])).toContain("under");
  });

  it("lets the pictures' own unevenness pass: next to no queue is no over-use", () => {
    expect(usagesOf([...still, ...rising(3.3)], { queueMs: 10 })).not.toContain("over");
  });

  it("beside a flow that fills the queue, only a steep rise is ours", () => {
    expect(usagesOf([...still, ...rising(3.3)], { competing: true })).not.toContain("over");
    expect(usagesOf([...still, ...rising(25)], { competing: true })).toContain("over");
  });

  it("the threshold follows slow trends, and no spike", () => {
    /** Two seconds of a slope, some groups of a spike, and then two of a trend of so many milliseconds. */
    const isOver = (slope: number, spikes: number, trendMs: number) => {
      const detector = new OveruseDetector();
      let arrivalMs = 0;
      const feed = (each: number, lastingQueueMs = 50) => {
        arrivalMs += 33;
        const trend = { slope: each, groups: 60, sendDeltaMs: 33, arrivalMs, lastingQueueMs, competing: false };
        return detector.update(trend);
      };
      for (let i = 0; i < 60; i++) feed(slope);
      for (let i = 0; i < spikes; i++) feed(1);
      // What was over-use until now is over.
      feed(slope, 0);
      feed(trendMs / TREND_PER_SLOPE_MS);
      return feed(trendMs / TREND_PER_SLOPE_MS) === "over";
    };
    expect([8, 11].map((trendMs) => isOver(0, 0, trendMs))).toEqual([false, true]);
    expect([17, 23].map((trendMs) => isOver(0.09, 0, trendMs))).toEqual([false, true]);
    expect([17, 23].map((trendMs) => isOver(0.09, 60, trendMs))).toEqual([false, true]);
  });
});
