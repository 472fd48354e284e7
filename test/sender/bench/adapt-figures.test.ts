import { describe, expect, it } from "vitest";
import { ratiosOf, sharesOf } from "../../../bench/adapt/compare.ts";
import { figuresOf } from "../../../bench/adapt/figures.ts";
import type { Queued, Sent } from "../../../bench/adapt/network.ts";
import type { Observation } from "../../../bench/adapt/observe.ts";
import { FALLS_AT_MS, HEALS_AT_MS, rateAt, SCENARIOS, type Scenario } from "../../../bench/adapt/scenarios.ts";

const START_MS = 1_700_000_000_000;
const STEP_MS = 100;
const named = (wanted: string) =>
  SCENARIOS.find(({ name }) => name === wanted) ?? expect.unreachable("no such scenario");
const scenario = named("drop");

/** What would be seen were `bpsAt` sent and received, and each picture shown that is not `missing`. */
function figures(
  bpsAt: (atMs: number) => number,
  missing = (_atMs: number) => false,
  waitingBytes = (_atMs: number) => 0,
  of = scenario,
) {
  const times = timesOf(of);
  const sent: Sent[] = times.map((atMs) => ({ atMs: START_MS + atMs, bytes: (bpsAt(atMs) * STEP_MS) / 8_000 }));
  const queued: Queued[] = times.map((atMs) => ({ atMs: START_MS + atMs, bytes: waitingBytes(atMs) }));
  const [flow] = figuresOf(of, START_MS, [observed(of, bpsAt, missing)], { sent, queued });
  return flow ?? expect.unreachable("no flow");
}

function timesOf({ durationMs }: Scenario): number[] {
  return Array.from({ length: durationMs / STEP_MS + 1 }, (_, i) => i * STEP_MS);
}

/** What a viewer saw to whom `bpsAt` came, with each picture that is not `missing`. */
function observed(of: Scenario, bpsAt: (atMs: number) => number, missing = (_atMs: number) => false): Observation {
  let bytes = 0;
  const received = timesOf(of).map((atMs) => {
    bytes += (bpsAt(atMs) * STEP_MS) / 8_000;
    return { atMs: START_MS + atMs, bytes, width: 960 };
  });
  const shownAtMs = timesOf(of).flatMap((atMs) => (missing(atMs) ? [] : START_MS + atMs));
  const seen = shownAtMs.map((seenAtMs, counter) => ({ seenAtMs, drawnAtMs: seenAtMs - 30 - (counter % 10), counter }));
  return { received, shownAtMs, seen };
}

describe("the rate of a scenario", () => {
  it("steps where two points share a moment", () => {
    expect([FALLS_AT_MS - 1, FALLS_AT_MS, HEALS_AT_MS - 1, HEALS_AT_MS].map((at) => rateAt(scenario, at))).toEqual([
      3e6, 0.5e6, 0.5e6, 3e6,
    ]);
  });

  it("goes along a line between points that lie apart", () => {
    expect([0, 8_000, 12_000, 60_000].map((at) => rateAt(named("ramp"), at) / 1e6)).toEqual([3, 2, 1, 3]);
  });

  it("changes each half second there: each change gives some of the link away", () => {
    const rates = Array.from({ length: 8_000 }, (_, i) => rateAt(named("ramp"), 4_000 + i));
    const changedAtMs = rates.flatMap((rate, i) => (i > 0 && rate !== rates[i - 1] ? i : []));
    expect(changedAtMs).toEqual(Array.from({ length: 15 }, (_, i) => 500 * (i + 1)));
  });
});

describe("what a flow came to", () => {
  it("all of the link at once", () => {
    const all = figures((atMs) => rateAt(scenario, atMs));
    expect(all).toMatchObject({
      fittedAfterMs: 0,
      healedAfterMs: 0,
      frozenMs: 0,
      glassP50Ms: 34,
      ageAboveLeastP95Ms: 9,
    });
    expect(all.queueP95Ms).toBe(0);
    expect(all.ofLink).toBeCloseTo(1, 1);
  });

  it("late down, and late up again", () => {
    const late = figures((atMs) => rateAt(scenario, Math.max(0, atMs - 1_500)));
    expect(late.fittedAfterMs).toBeGreaterThanOrEqual(1_200);
    expect(late.fittedAfterMs).toBeLessThanOrEqual(1_600);
    expect(late.healedAfterMs).toBeGreaterThanOrEqual(1_200);
    expect(late.healedAfterMs).toBeLessThanOrEqual(1_600);
  });

  it("what waits is told in time, at the rate of that moment", () => {
    const standing = figures(
      (atMs) => rateAt(scenario, atMs),
      () => false,
      (atMs) => (atMs >= FALLS_AT_MS && atMs < HEALS_AT_MS ? 6_250 : 0),
    );
    expect(standing.queueP95Ms).toBe(100);
  });

  it("never up again", () => {
    const never = figures((atMs) => (atMs < FALLS_AT_MS ? 3e6 : 0.5e6));
    expect(never.healedAfterMs).toBe(Number.POSITIVE_INFINITY);
  });

  it("a picture that stood, also at the very end", () => {
    const stood = (from: number, to: number) =>
      figures(
        () => 1e6,
        (atMs) => atMs > from && atMs < to,
      );
    expect(stood(5_000, 6_000)).toMatchObject({ frozenMs: 1_000, longestMs: 1_000 });
    expect(stood(scenario.durationMs - 2_000, Number.POSITIVE_INFINITY).longestMs).toBe(2_000);
  });

  it("ages are of the pictures whose stamp could be read, and tells how many those are", () => {
    const { received, shownAtMs, seen } = observed(scenario, () => 1e6);
    const half = { received, shownAtMs: shownAtMs.slice(0, 10), seen: seen.slice(0, 5) };
    const [flow] = figuresOf(scenario, START_MS, [half], { sent: [], queued: [] });
    expect(flow?.agedPercent).toBe(50);
    const none = { received, shownAtMs: [], seen: [] };
    expect(figuresOf(scenario, START_MS, [none], { sent: [], queued: [] })[0]?.agedPercent).toBe(0);
  });

  it("none at all stood the whole time", () => {
    const none = figures(
      () => 1e6,
      () => true,
    );
    expect(none).toMatchObject({ frozenMs: scenario.durationMs, longestMs: scenario.durationMs });
  });

  it("of a plain beginning nothing counts as a rate: it is what the encoder spends", () => {
    const limited = named("application-limited");
    const busyFromMs = 1_000 + (limited.plainUntilMs ?? expect.unreachable("not plain"));
    const late = figures(
      (atMs) => (atMs <= busyFromMs ? 0.2e6 : 3e6),
      () => false,
      () => 0,
      limited,
    );
    expect(late).toMatchObject({ seconds: (limited.durationMs - busyFromMs) / 1_000, frozenMs: 0 });
    expect(late.deliveredMbps).toBeCloseTo(3, 6);
    expect(late.ofLink).toBeCloseTo(1, 6);
  });
});

describe("a scenario of several flows", () => {
  const whole = figures(() => 2e6);
  const flow = (deliveredMbps: number, seconds: number) => ({ ...whole, deliveredMbps, seconds });

  it("is compared as a whole: who shares evenly is not behind who lets the first have it all", () => {
    const [fair, greedy] = [
      [flow(1.5, 20), flow(1.5, 10)],
      [flow(2, 20), flow(0.5, 10)],
    ];
    expect(ratiosOf(fair, greedy)).toMatchObject({ delivered: 1, queueP95: 1, frozenMsMore: 0 });
    expect(ratiosOf([flow(1, 20), flow(1, 10)], greedy).delivered).toBeCloseTo(2 / 3, 6);
  });

  it("is shared while all are there: what the first had alone is no part of that", () => {
    const two = named("two flows");
    const laterMs = two.flowsAtMs[1] ?? expect.unreachable("one flow");
    const first = observed(two, (atMs) => (atMs <= laterMs ? 2.5e6 : 1e6));
    const later = observed(
      two,
      () => 1.5e6,
      (atMs) => atMs < laterMs,
    );
    const flows = figuresOf(two, START_MS, [first, later], { sent: [], queued: [] });
    expect(flows.map(({ togetherMbps }) => togetherMbps)).toEqual([expect.closeTo(1, 6), expect.closeTo(1.5, 6)]);
    const [share] = sharesOf([{ scenario: two.name, sender: "sightline", round: 0, flows }]);
    expect(share?.together).toEqual({ median: expect.closeTo(2 / 3, 6), worst: expect.closeTo(2 / 3, 6) });
  });
});
