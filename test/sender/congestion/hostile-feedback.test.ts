import { expect, it } from "vitest";
import { AckedBitrate } from "../../../src/sender/congestion/acked-bitrate.ts";
import { BusyLink } from "../../../src/sender/congestion/busy-link.ts";
import { Estimator } from "../../../src/sender/congestion/estimator.ts";
import { Random } from "../../support/random.ts";

const BOUNDS = { minBps: 100_000, maxBps: 5_000_000 };

/** Times that a broken or hostile viewer may tell. */
const ARRIVALS: ((random: Random, nowMs: number) => number | undefined)[] = [
  (_random, nowMs) => nowMs + 20,
  () => undefined,
  () => 0,
  (_random, nowMs) => -nowMs,
  (random) => random.next() * 1e9,
  () => Number.MAX_SAFE_INTEGER,
  (_random, nowMs) => 1e7 - nowMs * 3,
];

it.each([1, 2, 3, 4])("whatever a viewer reports, the rate stays within its bounds (seed %d)", (seed) => {
  const random = new Random(seed);
  const estimator = new Estimator({ startBps: 1_000_000, ...BOUNDS });
  let number = 0;
  for (let nowMs = 0; nowMs < 60_000; nowMs += 10) {
    const decisions = [estimator.tick(nowMs)];
    const cluster = decisions[0]?.probe?.cluster;
    for (let i = random.below(6); i > 0; i--) {
      const packet = { sequenceNumber: number++, bytes: 1 + random.below(1_200), kind: "media" as const };
      estimator.onSent({ ...packet, ...(cluster ? { probeCluster: cluster } : {}) }, nowMs);
    }
    const arrival = random.pick(ARRIVALS);
    const packets = Array.from({ length: random.below(20) }, () => ({
      sequenceNumber: random.next() < 0.8 ? number - random.below(40) : random.below(65_536),
      arrivalMs: arrival(random, nowMs),
    }));
    decisions.push(estimator.onFeedback({ packets }, nowMs));
    if (random.next() < 0.05)
      decisions.push(estimator.onReceiverReport({ fractionLost: random.next(), rttMs: 60 }, nowMs));
    for (const { targetBps, estimateBps, pacingBps, queueMs, playoutMs, lossFraction, rttMs } of decisions) {
      for (const bitrateBps of [targetBps, estimateBps]) {
        expect(bitrateBps).toBeGreaterThanOrEqual(BOUNDS.minBps);
        expect(bitrateBps).toBeLessThanOrEqual(BOUNDS.maxBps);
      }
      expect([pacingBps, queueMs, lossFraction, rttMs].every(Number.isFinite)).toBe(true);
      expect(playoutMs).toBeGreaterThanOrEqual(0);
      expect(playoutMs).toBeLessThanOrEqual(500);
    }
  }
});

it("a viewer whose clock leaps, and then stands still, costs no memory", () => {
  const link = new BusyLink();
  for (const arrivalMs of [0, 1_000_000]) link.push(0, arrivalMs, 1_000, 0);
  for (let i = 0; i < 200_000; i++) link.push(1, 11_000_000, 1_000, 0);
  expect(link.bitrateBps).toBeUndefined();
});

it("a viewer whose clock stands still costs no memory", () => {
  const acked = new AckedBitrate();
  acked.push(0, 1);
  for (let i = 0; i < 100_000; i++) acked.push(1_000, 1);
  expect(acked.bitrateBps).toBeLessThan((5_000 * 8_000) / 500);
});
