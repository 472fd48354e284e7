import { describe, expect, it } from "vitest";
import { Allocation, formatsOf, leastBitrateBps } from "../../../src/sender/congestion/allocation.ts";
import { RungChoice } from "../../../src/sender/congestion/rung-choice.ts";

const HD = { width: 1280, height: 720, fps: 30 };

describe("the formats of a source", () => {
  it("get cheaper step by step: frame rate first, then size", () => {
    expect(formatsOf(HD).map(({ width, height, fps }) => `${width}x${height}@${fps}`)).toEqual([
      "1280x720@30",
      "1280x720@20",
      "1280x720@15",
      "960x540@15",
      "640x360@15",
      "480x270@15",
      "320x180@15",
    ]);
    const costs = formatsOf(HD).map(leastBitrateBps);
    expect(costs).toEqual(costs.toSorted((a, b) => b - a));
  });

  it.each([
    ["a slow camera keeps its frame rate", { width: 640, height: 480, fps: 10 }, 1],
    ["a small one keeps its size", { width: 160, height: 120, fps: 30 }, 1],
    ["odd ones stay even", { width: 1000, height: 562, fps: 25 }, 6],
  ])("%s", (_what, source, atLeast) => {
    const formats = formatsOf(source);
    expect(formats[0]).toEqual(source);
    expect(formats.length).toBeGreaterThanOrEqual(atLeast);
    for (const { width, height, fps } of formats) {
      expect([width % 2, height % 2]).toEqual([0, 0]);
      expect(fps).toBeGreaterThanOrEqual(10);
    }
  });
});

describe("the formats of a slow source", () => {
  it.each([
    [15, ["1080p15", "1080p10", "810p10", "540p10", "406p10", "270p10"]],
    [12, ["1080p12", "1080p10", "810p10", "540p10", "406p10", "270p10"]],
    [10, ["1080p10", "810p10", "540p10", "406p10", "270p10"]],
    [1, ["1080p1", "810p1", "540p1", "406p1", "270p1"]],
  ])("of %d pictures a second get smaller, and no slower than ten", (fps, expected) => {
    const formats = formatsOf({ width: 1920, height: 1080, fps });
    expect(formats.map((each) => `${each.height}p${each.fps}`)).toEqual(expected);
    expect(formats.some((format) => leastBitrateBps(format) <= 300_000)).toBe(true);
  });
});

describe("allocation", () => {
  /** Each format with the time it began, the estimate being asked for every 50 ms. */
  function formats(estimateAt: (nowMs: number) => number, seconds: number): [number, string][] {
    const allocation = new Allocation(HD);
    const changes: [number, string][] = [];
    for (let nowMs = 0; nowMs < seconds * 1_000; nowMs += 50) {
      const estimateBps = estimateAt(nowMs);
      const { height, fps } = allocation.update({ targetBps: estimateBps, estimateBps }, nowMs);
      const format = `${height}p${fps}`;
      if (format !== changes.at(-1)?.[1]) changes.push([nowMs, format]);
    }
    return changes;
  }

  it("the bitrate follows at once", () => {
    const allocation = new Allocation(HD);
    expect(allocation.update({ targetBps: 2_500_000, estimateBps: 2_500_000 }, 0).bitrateBps).toBe(2_500_000);
    expect(allocation.update({ targetBps: 150_000, estimateBps: 500_000 }, 50)).toEqual({ ...HD, bitrateBps: 150_000 });
  });

  it.each([
    [2_500_000, "720p30"],
    [850_000, "720p30"],
    [700_000, "720p20"],
    [450_000, "720p15"],
    [300_000, "540p15"],
    [120_000, "360p15"],
    [30_000, "180p15"],
    [10_000, "180p15"],
  ])("at %d bps it is %s", (estimateBps, format) => {
    expect(formats(() => estimateBps, 3).at(-1)?.[1]).toBe(format);
  });

  it("a short dip, or one being drained, changes no format", () => {
    expect(formats((nowMs) => (nowMs % 2_000 < 400 ? 200_000 : 2_000_000), 20)).toEqual([[0, "720p30"]]);
  });

  it("goes down after half a second, and up only after five with room to spare", () => {
    const healing = (nowMs: number) => (nowMs < 1_000 ? 2_000_000 : nowMs < 10_000 ? 300_000 : 2_000_000);
    expect(formats(healing, 40)).toEqual([
      [0, "720p30"],
      [1_500, "540p15"],
      [15_000, "720p30"],
    ]);
  });

  it("gives up nothing while it is doubted that the link carries so little, and what is left too little after that", () => {
    const allocation = new Allocation(HD);
    const heights = Array.from({ length: 60 }, (_, i) => {
      const input = { targetBps: 100_000, estimateBps: 100_000, doubted: i < 40 };
      return allocation.update(input, i * 50).height;
    });
    expect([heights[39], heights[49], heights[51]]).toEqual([720, 720, 270]);
  });

  it("does not flap around a threshold", () => {
    const wobbling = (nowMs: number) => 830_000 * (1 + 0.15 * Math.sin(nowMs / 1_000));
    expect(formats(wobbling, 120).length).toBeLessThanOrEqual(2);
  });
});

describe("the choice of a rung", () => {
  const LADDER = [2_500_000, 1_000_000, 300_000];

  function rungs(estimateAt: (nowMs: number) => number, seconds: number, ladder = LADDER): [number, number][] {
    const choice = new RungChoice();
    const changes: [number, number][] = [];
    for (let nowMs = 0; nowMs < seconds * 1_000; nowMs += 50) {
      const rung = choice.update(estimateAt(nowMs), ladder, nowMs);
      if (rung !== changes.at(-1)?.[1]) changes.push([nowMs, rung]);
    }
    return changes;
  }

  it.each([
    [4_000_000, 0],
    [2_600_000, 1],
    [1_100_000, 1],
    [400_000, 2],
    [50_000, 2],
  ])("begins with the best that %d bps carries", (estimateBps, rung) => {
    expect(rungs(() => estimateBps, 1)[0]?.[1]).toBe(rung);
  });

  it("goes down soon, at once when far below, up after four seconds", () => {
    const dipTo = (bps: number) => (nowMs: number) => (nowMs >= 2_000 && nowMs < 5_000 ? bps : 4_000_000);
    expect(rungs(dipTo(2_200_000), 20)).toEqual([[0, 0]]);
    expect(rungs(dipTo(2_100_000), 20)).toEqual([
      [0, 0],
      [2_400, 1],
      [9_000, 0],
    ]);
    expect(rungs((nowMs) => (nowMs < 2_000 ? 4_000_000 : 400_000), 4)).toEqual([
      [0, 0],
      [2_000, 2],
    ]);
  });

  it("goes up to a rung that fits as the plan has it, for that is made for somebody, and not to one that hardly does", () => {
    expect(rungs((nowMs) => (nowMs < 1_000 ? 900_000 : 1_060_000), 30)).toEqual([
      [0, 2],
      [5_000, 1],
    ]);
    expect(rungs((nowMs) => (nowMs < 1_000 ? 900_000 : 1_040_000), 30)).toEqual([[0, 2]]);
    expect(rungs((nowMs) => (nowMs < 1_000 ? 1_300_000 : 1_060_000), 30)).toEqual([[0, 1]]);
  });

  it("waits on for a step up through a dip to that rung's own bitrate, and anew after a deeper one", () => {
    const dipTo = (bps: number) => (nowMs: number) => (nowMs === 0 ? 900_000 : nowMs === 2_000 ? bps : 1_100_000);
    expect(rungs(dipTo(1_010_000), 20)).toEqual([
      [0, 2],
      [4_050, 1],
    ]);
    expect(rungs(dipTo(950_000), 20)).toEqual([
      [0, 2],
      [6_050, 1],
    ]);
  });

  it("a step up that was a mistake is waited for twice as long each time", () => {
    const choice = new RungChoice();
    let rung = 1;
    const ups: number[] = [];
    for (let nowMs = 0; nowMs < 60_000; nowMs += 50) {
      const next = choice.update(rung === 0 ? 1_200_000 : nowMs === 0 ? 1_500_000 : 4_000_000, LADDER, nowMs);
      if (next === 0 && rung !== 0) ups.push(nowMs);
      rung = next;
    }
    const waits = ups.map((atMs, i) => atMs - (ups[i - 1] ?? 0));
    expect(waits.slice(1, 3).map((ms) => Math.round(ms / 1_000))).toEqual([8, 16]);
  });

  it("bears a ladder that becomes shorter", () => {
    const choice = new RungChoice();
    expect(choice.update(100_000, LADDER, 0)).toBe(2);
    expect(choice.update(100_000, [2_500_000], 50)).toBe(0);
  });
});
