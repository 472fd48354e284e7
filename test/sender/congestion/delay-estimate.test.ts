import { expect, it } from "vitest";
import { DelayEstimate } from "../../../src/sender/congestion/delay-estimate.ts";
import { SendHistory } from "../../../src/sender/congestion/send-history.ts";

const BOUNDS = { minBps: 100_000, maxBps: 10_000_000 };
/** A packet of 1,250 bytes each is 2 Mbps; a message tells of ten. */
const PACKET_MS = 5;
const LINK_BPS = 2_000_000;
const TOLD = 10;
const MESSAGES = 40;

/** @returns what was known to come through after each message, when they come in this order */
function ackedOf(order: readonly number[], estimate = new DelayEstimate(1_000_000, BOUNDS)): (number | undefined)[] {
  const history = new SendHistory();
  for (let i = 0; i < MESSAGES * TOLD; i++) {
    history.add({ sequenceNumber: i, bytes: 1_250, kind: "media" }, i * PACKET_MS);
  }
  return order.map((message) => {
    const packets = Array.from({ length: TOLD }, (_, i) => {
      const sequenceNumber = message * TOLD + i;
      return { sequenceNumber, arrivalMs: sequenceNumber * PACKET_MS + 20 };
    });
    const { results: received, untold } = history.resolve({ packets });
    const nowMs = (message + 1) * TOLD * PACKET_MS + 40;
    estimate.update({ received, untold, rttMs: 40, lossFraction: 0, applicationLimited: false }, nowMs);
    return estimate.ackedBps;
  });
}

const inOrder = Array.from({ length: MESSAGES }, (_, i) => i);

it("what came through by one path tells nothing of the next", () => {
  const estimate = new DelayEstimate(1_000_000, BOUNDS);
  expect(ackedOf(inOrder, estimate).at(-1)).toBe(LINK_BPS);
  estimate.onNewPath(undefined, 3_000);
  expect(estimate.ackedBps).toBeUndefined();
});

it("what feedback tells that other feedback overtook came through once", () => {
  const swapped = inOrder.map((message) => (message < 20 ? message : message % 2 === 0 ? message + 1 : message - 1));
  const ackedBps = ackedOf(swapped).slice(20);
  expect(Math.max(...ackedBps.map((bps = 0) => bps))).toBeLessThanOrEqual(1.02 * LINK_BPS);
  expect(Math.min(...ackedBps.map((bps = 0) => bps))).toBeGreaterThan(0.9 * LINK_BPS);
});
