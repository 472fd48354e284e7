import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Wire } from "../support/wire.ts";
import { openWired } from "../support/wired.ts";

vi.mock("../../../src/sender/peer/peer.ts", async () => ({ Peer: (await import("../support/wire.ts")).Wire }));

beforeEach(() => {
  vi.useFakeTimers();
  Wire.numbered = false;
});
afterEach(() => {
  vi.useRealTimers();
  Wire.numbered = true;
});

// Five of a kilobyte in a picture are what 1 Mbps carries.
it.each([
  ["grows while it is used", 5, 1.08 ** 8],
  ["stays after losses while the picture is still", 1, 1],
])("the rate of a viewer whose packets have no numbers %s", async (_, packets, growth) => {
  const { delivery, wire, show } = openWired(4_000_000);
  const report = (fractionLost: number) =>
    wire.options.onFeedback?.({ kind: "report", receivedAtMs: performance.now(), fractionLost });
  for (let i = 0; i <= 225; i++) {
    await show(Math.round((packets * delivery.report.decision.targetBps) / 1_000_000), i === 0);
    if (i > 0 && i % 25 === 0) report(i === 25 ? 0.05 : 0);
  }
  expect(delivery.report.decision.targetBps).toBeCloseTo(1_000_000 * growth, -2);
  await delivery.close();
});
