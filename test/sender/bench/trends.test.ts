import { describe, expect, it } from "vitest";
import { slopeOf } from "../../../bench/fanout/report.ts";
import { leastSquares, range } from "../../../bench/figures.ts";
import { growthOf } from "../../../bench/soak/growth.ts";

const BITRATE_BPS = 2_000_000;
const load = (viewers: number, cores: number, kbpsPerViewer = 2_000) => ({ viewers, cores, kbpsPerViewer });

describe("what a further viewer costs", () => {
  it("is what each adds, not what one alone needs", () => {
    expect(slopeOf([load(1, 0.21), load(4, 0.24), load(8, 0.28)], BITRATE_BPS)).toBeCloseTo(1, 6);
  });

  it("is of a viewer with the whole bitrate: who gets half of it is half of one", () => {
    expect(slopeOf([load(2, 0.22), load(8, 0.24, 1_000)], BITRATE_BPS)).toBeCloseTo(1, 6);
  });

  it("has nothing of an encoder apart", () => {
    const busier = [
      { ...load(1, 0.21), encoderCores: 0.1 },
      { ...load(5, 0.35), encoderCores: 0.2 },
    ];
    expect(slopeOf(busier, BITRATE_BPS)).toBeCloseTo(1, 6);
  });

  it("cannot be told of one number of viewers", () => {
    expect(leastSquares([{ x: 4, y: 1 }]).slope).toBeNaN();
  });
});

it("rounds have a middle and a range", () => {
  expect(range([3, 1, 4])).toEqual({ median: 3, least: 1, most: 4 });
});

describe("how memory grows", () => {
  it("is told for an hour, with a bound that noise widens", () => {
    const minutes = Array.from({ length: 31 }, (_, minute) => minute);
    const steady = growthOf(minutes.map((minute) => ({ minute, mib: 20 + minute / 60 })));
    expect(steady.mibPerHour).toBeCloseTo(1, 6);
    expect(steady.atMostMibPerHour).toBeCloseTo(1, 6);
    const noisy = growthOf(minutes.map((minute) => ({ minute, mib: 20 + (minute % 2) })));
    expect(noisy.mibPerHour).toBeLessThan(0.5);
    expect(noisy.atMostMibPerHour).toBeGreaterThan(1);
  });

  it("has nothing of the beginning, when all that stays is made", () => {
    const minutes = Array.from({ length: 31 }, (_, minute) => minute);
    const growth = growthOf(minutes.map((minute) => ({ minute, mib: Math.min(25, 20 + minute) })));
    expect(growth).toEqual({ mibPerHour: 0, atMostMibPerHour: 0 });
  });
});
