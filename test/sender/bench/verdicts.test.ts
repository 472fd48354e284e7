import { describe, expect, it } from "vitest";
import { type Seen, verdictOf } from "../../../bench/glass/compare.ts";

/** @param p50s of the rounds, in their order; nothing for one that it did not come through */
function seen(name: string, p50s: (number | undefined)[], shownPercent = 100, zeroPlayout = false): Seen {
  const rounds = p50s.flatMap((p50, round) => (p50 === undefined ? [] : [{ round, onScreen: { p50 } }]));
  return { format: "720p30", name, zeroPlayout, shownPercent, rounds };
}

describe("a verdict on the age of pictures", () => {
  const own = seen("sightline", [20], 99, true);

  it("is beside the quickest with the playout delay as it comes, and the quickest tuned alike", () => {
    const others = [seen("chromium", [40]), seen("pion", [25]), seen("pion-playout", [22], 100, true)];
    const verdict = verdictOf([own, ...others]);
    expect(verdict?.bestDefault).toMatchObject({ against: "pion", ofIt: { median: 0.8, worst: 0.8 } });
    expect(verdict?.bestTuned).toMatchObject({ against: "pion-playout", behindMs: { median: -2, worst: -2 } });
    expect(verdict?.dropped).toEqual([]);
  });

  it("is of the rounds by themselves: a quick round does not hide that another was behind", () => {
    const verdict = verdictOf([seen("sightline", [10, 13], 99, true), seen("werift", [15.5, 10.6], 99, true)]);
    expect(verdict?.bestTuned?.behindMs.median).toBeCloseTo(-1.55, 6);
    expect(verdict?.bestTuned?.behindMs.worst).toBeCloseTo(2.4, 6);
  });

  it("does without rounds that one of them did not come through", () => {
    const both = [seen("sightline", [undefined, 13], 99, true), seen("pion", [5, 26])];
    expect(verdictOf(both)?.bestDefault?.rounds).toEqual([{ round: 1, ofIt: 0.5, behindMs: -13 }]);
    expect(verdictOf([own, seen("pion", [undefined, 26])])?.bestDefault).toBeUndefined();
  });

  it("names who is quick, but dropped a tenth of its pictures and more", () => {
    const others = [seen("pion", [30], 90), seen("pion-playout", [18], 89, true)];
    expect(verdictOf([own, ...others])?.dropped).toEqual(["pion-playout"]);
    expect(verdictOf([seen("sightline", [20], 80, true), ...others])?.dropped).toEqual(["sightline", "pion-playout"]);
  });
});
