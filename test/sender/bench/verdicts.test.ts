import { describe, expect, it } from "vitest";
import { verdictOf } from "../../../bench/glass/report.ts";

const figure = (name: string, p50: number, shownPercent: number, zeroPlayout = false) => ({
  ...{ format: "720p30", name, zeroPlayout, shownPercent },
  onScreen: { p50 },
});

describe("a verdict on the age of pictures", () => {
  const own = figure("sightline", 20, 99, true);

  it("is beside the quickest by its defaults, and the quickest tuned alike", () => {
    const others = [figure("pion", 30, 100), figure("chromium", 40, 100), figure("pion-playout", 22, 100, true)];
    expect(verdictOf([own, ...others])).toEqual({
      ...{ format: "720p30", bestDefault: "pion", ofBestDefault: 0.67, bestTuned: "pion-playout", aheadOfTunedMs: 2 },
      dropped: [],
    });
  });

  it("names who is quick, but dropped a tenth of its pictures and more", () => {
    const others = [figure("pion", 30, 90), figure("pion-playout", 18, 89, true)];
    expect(verdictOf([own, ...others])?.dropped).toEqual(["pion-playout"]);
    expect(verdictOf([figure("sightline", 20, 80, true), ...others])?.dropped).toEqual(["sightline", "pion-playout"]);
  });
});
