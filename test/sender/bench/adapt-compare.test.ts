import { describe, expect, it, vi } from "vitest";
import { compare, sharesOf } from "../../../bench/adapt/compare.ts";
import type { FlowFigures } from "../../../bench/adapt/figures.ts";
import type { Outcome } from "../../../bench/adapt/outcome.ts";
import { report } from "../../../bench/adapt/report.ts";
import { Measurement } from "../../../bench/measurement.ts";

const FLOW: FlowFigures = {
  seconds: 10,
  deliveredMbps: 2,
  ofLink: 0.7,
  lastMbps: 2,
  togetherMbps: 2,
  glassP50Ms: 40,
  glassP95Ms: 60,
  agedPercent: 100,
  ageAboveLeastP95Ms: 30,
  queueP95Ms: 20,
  frozenMs: 0,
  longestMs: 100,
  smallestWidth: 960,
};

function run(
  sender: string,
  round: number,
  flow: Partial<FlowFigures> = {},
  ...further: Partial<FlowFigures>[]
): Outcome {
  return { scenario: "steady", sender, round, flows: [flow, ...further].map((each) => ({ ...FLOW, ...each })) };
}

describe("Sightline beside another sender", () => {
  it("is compared round by round: a slow round of the machine's is both senders'", () => {
    const [comparison] = compare([
      run("sightline", 0, { deliveredMbps: 1 }),
      run("chromium", 0, { deliveredMbps: 1 }),
      run("sightline", 1, { deliveredMbps: 2 }),
      run("chromium", 1, { deliveredMbps: 2 }),
      run("sightline", 2, { deliveredMbps: 1.8 }),
      run("chromium", 2, { deliveredMbps: 3 }),
    ]);
    expect(comparison?.delivered.median).toBe(1);
    expect(comparison?.delivered.worst).toBeCloseTo(0.6, 6);
    expect(comparison?.missed).toEqual([]);
    expect(comparison?.missedAtWorst).toEqual(["delivered"]);
  });

  it("of two rounds has their mean, not the better one", () => {
    const [comparison] = compare([
      run("sightline", 0, { queueP95Ms: 20 }),
      run("chromium", 0),
      run("sightline", 1, { queueP95Ms: 30 }),
      run("chromium", 1),
    ]);
    expect(comparison?.queueP95).toEqual({ median: 1.25, worst: 1.5 });
    expect(comparison?.missed).toEqual(["queue"]);
  });

  it("keeps what rounding would let pass", () => {
    const [comparison] = compare([run("sightline", 0, { deliveredMbps: 1.79 }), run("chromium", 0)]);
    expect(comparison?.delivered.median).toBeCloseTo(0.895, 6);
    expect(comparison?.missed).toEqual(["delivered"]);
  });

  it("does without rounds that one of them did not come through", () => {
    const [comparison] = compare([run("sightline", 1), run("chromium", 0, { deliveredMbps: 9 }), run("chromium", 1)]);
    expect(comparison?.rounds.map(({ round }) => round)).toEqual([1]);
    expect(compare([run("sightline", 0), run("chromium", 1)])).toEqual([]);
  });

  it("misses with pictures that stood where the other's did not, and not where none did", () => {
    const frozen = (own: number, other: number) =>
      compare([run("sightline", 0, { frozenMs: own }), run("chromium", 0, { frozenMs: other })])[0]?.missed;
    expect([frozen(0, 0), frozen(300, 0), frozen(109, 100), frozen(111, 100)]).toEqual([
      [],
      ["frozen"],
      [],
      ["frozen"],
    ]);
  });

  it("tells how much older its pictures are, of all flows the oldest", () => {
    const own = run("sightline", 0, { glassP50Ms: 50, glassP95Ms: 70 }, { glassP50Ms: 45, glassP95Ms: 90 });
    const [comparison] = compare([own, run("chromium", 0)]);
    expect(comparison?.glassP50MsMore.median).toBe(10);
    expect(comparison?.glassP95MsMore.median).toBe(30);
  });

  it("has one comparison for each of the others", () => {
    const comparisons = compare([run("sightline", 0), run("chromium", 0), run("chromium-playout", 0)]);
    expect(comparisons.map(({ against }) => against)).toEqual(["chromium", "chromium-playout"]);
  });
});

describe("stamps that could not be read", () => {
  /** The lines of both tables, of three rounds in each of which both read so many. */
  function marked(own: number[], other: number[]): string[] {
    const measurement = new Measurement("adapt", []);
    const publish = vi.spyOn(measurement, "publish").mockImplementation(() => {});
    const runs = (sender: string, percents: number[]) =>
      percents.map((agedPercent, round) => run(sender, round, { agedPercent }));
    report(measurement, [...runs("sightline", own), ...runs("chromium", other)], [], {});
    const [text = ""] = publish.mock.lastCall ?? [];
    return text.split("\n").filter((line) => line.includes(" *"));
  }

  it("of one round are marked beside the medians and where it is compared", () => {
    const own = marked([100, 100, 50], [100, 100, 100]);
    expect(own).toEqual([
      expect.stringMatching(/^steady, sightline .* 50 % \* /),
      expect.stringMatching(/^chromium, steady .* 0 \* +0 \* +0 \* +0 \*/),
    ]);
    const other = marked([100, 100, 100], [50, 100, 100]);
    expect(other).toEqual([expect.stringMatching(/^steady, chromium /), expect.stringMatching(/^chromium, steady /)]);
  });

  it("are not where all rounds have most", () => {
    expect(marked([100, 90, 95], [92, 100, 100])).toEqual([]);
  });
});

it("flows share as they did in one and the same round, at last and while all were there", () => {
  const rounds = [
    run("sightline", 0, { lastMbps: 1 }, { lastMbps: 2, togetherMbps: 0.5 }),
    run("sightline", 1, { lastMbps: 2 }, { lastMbps: 1 }),
    run("sightline", 2, { lastMbps: 2 }, { lastMbps: 2 }),
  ];
  expect(sharesOf(rounds)).toEqual([
    {
      scenario: "steady",
      sender: "sightline",
      together: { median: 1, worst: 0.25 },
      last: { median: 0.5, worst: 0.5 },
    },
  ]);
});
