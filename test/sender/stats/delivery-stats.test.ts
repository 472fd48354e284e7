import { expect, it } from "vitest";
import type { DeliveryReport } from "../../../src/sender/delivery/connection.ts";
import { untried } from "../../../src/sender/delivery/delivery-report.ts";
import { deliveryStats } from "../../../src/sender/stats/delivery-stats.ts";

const REPORT = untried(1_000_000, 0);

function statsOf(decision: Partial<DeliveryReport["decision"]>, rest: Partial<DeliveryReport> = {}) {
  return deliveryStats({ ...REPORT, ...rest, decision: { ...REPORT.decision, ...decision } }, []);
}

it("nothing is told of a network that told nothing", () => {
  const stats = statsOf({});
  for (const field of ["rttMs", "lossFraction", "queueMs"]) expect(stats).not.toHaveProperty(field);
});

it("what was measured is told, zero or not", () => {
  const measured = { rttMs: 12.34, rttKnown: true, lossFraction: 0, lossKnown: true, queueMs: -0.2, queueKnown: true };
  expect(statsOf(measured)).toMatchObject({ rttMs: 12.3, lossFraction: 0, queueMs: 0 });
});

it("what did not get as far as the network is counted", () => {
  expect(statsOf({}, { behind: 3, sendErrors: 4 })).toMatchObject({ framesDroppedBehind: 3, packetsRefused: 4 });
});
