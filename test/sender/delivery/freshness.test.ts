import { describe, expect, it } from "vitest";
import type { Decision } from "../../../src/sender/congestion/decision.ts";
import { PAYLOAD_SHARE } from "../../../src/sender/delivery/delivery-report.ts";
import { Freshness } from "../../../src/sender/delivery/freshness.ts";
import { simulate } from "../../support/network-sim/simulate.ts";

const M = 1_000_000;
const CAMERA_BPS = 2.5 * M;

describe("a network", () => {
  it.each([
    ["is unknown for 0.7 s, and three round trips", { rttMs: 20, rttKnown: true }, 760],
    ["far away is unknown for longer", { rttMs: 250, rttKnown: true }, 1_450],
    ["is unknown for two seconds at most", { rttMs: 900, rttKnown: true }, 2_000],
    ["that told nothing yet is unknown for as long", { rttMs: 100, rttKnown: false }, 2_000],
    ["that turned out narrow is known after 0.7 s", { rttMs: 250, rttKnown: true, estimateBps: 0.9 * M }, 700],
  ])("%s", (_, told, expectedMs) => {
    const freshness = new Freshness(M);
    const decision = { estimateBps: M, ...told };
    expect(freshness.at(decision, 90_000)).toBe(true);
    freshness.begin(100_000);
    freshness.begin(100_500);
    expect([expectedMs - 1, expectedMs].map((ms) => freshness.at(decision, 100_000 + ms))).toEqual([true, false]);
  });

  it("that was known is not unknown again where it turns out wider, or its round trip longer", () => {
    const freshness = new Freshness(M);
    freshness.begin(0);
    expect(freshness.at({ estimateBps: 0.9 * M, rttMs: 300, rttKnown: true }, 700)).toBe(false);
    expect(freshness.at({ estimateBps: 2 * M, rttMs: 300, rttKnown: true }, 1_000)).toBe(false);
    expect(freshness.at({ estimateBps: 2 * M, rttMs: 100, rttKnown: false }, 1_100)).toBe(false);
  });

  it("may turn out wide until it was probed twice, but where it turned out narrow", () => {
    const guesses = (estimateBps: number, ...timesMs: number[]) => {
      const freshness = new Freshness(M);
      const decision = { estimateBps, rttMs: 20, rttKnown: true };
      expect(freshness.isGuess(decision, 90_000)).toBe(true);
      freshness.begin(100_000);
      return timesMs.map((ms) => freshness.isGuess(decision, 100_000 + ms));
    };
    expect(guesses(1.1 * M, 2_999, 3_000)).toEqual([true, false]);
    expect(guesses(0.9 * M, 699, 700)).toEqual([true, false]);
  });

  it("is not narrow because its owner wants less", () => {
    const freshness = new Freshness(M);
    freshness.bound(0.5 * M);
    freshness.begin(0);
    expect(freshness.at({ estimateBps: 0.5 * M, rttMs: 250, rttKnown: true }, 1_000)).toBe(true);
  });

  it.each([20, 100, 250, 400, 600])(
    "%d ms away and wide is known to carry the camera as soon as it is known",
    (rttMs) => {
      const { decision } = met(10 * M, rttMs);
      expect(decision.estimateBps * PAYLOAD_SHARE).toBeGreaterThan(1.05 * CAMERA_BPS);
    },
  );

  it.each([20, 100, 250, 400, 600])("%d ms away and narrow is relieved within a second", (rttMs) => {
    const { atMs, decision } = met(0.5 * M, rttMs);
    expect(atMs).toBeLessThanOrEqual(1_000);
    expect(decision.estimateBps).toBeLessThan(0.6 * M);
  });
});

/** When a viewer whom nobody knew is known, and what is then known of it. */
function met(rateBps: number, rttMs: number): { atMs: number; decision: Decision } {
  const link = { rateBps: () => rateBps, queueBytes: (rateBps * 300) / 8_000, bucketBytes: 3_200 };
  const [camera] = simulate(
    {
      ...{ name: "a viewer who comes", durationMs: 3_000, cameras: [{}], maxBps: 1.35 * CAMERA_BPS },
      link: { ...link, propagationMs: rttMs / 2 },
    },
    1,
  ).cameras;
  const freshness = new Freshness(M);
  for (let atMs = 0; atMs < 3_000; atMs += 5) {
    const decision = camera?.decisionAt(atMs);
    if (!decision) continue;
    freshness.begin(atMs);
    if (!freshness.at(decision, atMs)) return { atMs, decision };
  }
  throw new Error("It never became known.");
}
