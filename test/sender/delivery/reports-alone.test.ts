import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Delivery } from "../../../src/sender/delivery/delivery.ts";
import { Recents } from "../../../src/sender/delivery/recents.ts";
import type { PeerOptions } from "../../../src/sender/peer/peer.ts";
import { Wire } from "../support/wire.ts";

const FRAME_MS = 40;

vi.mock("../../../src/sender/peer/peer.ts", () => ({
  // Not before it is there.
  Peer: class {
    constructor(options: PeerOptions) {
      // biome-ignore lint/correctness/noConstructorReturn: the connection is another's
      return new Wire(options);
    }
  },
}));

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
  const nothing = () => {};
  const delivery = new Delivery(
    { iceServers: [], loopback: true, relayOnly: false, maxBps: 4_000_000 },
    new Recents(),
    {
      ...{ onCandidate: nothing, onState: nothing, onPath: nothing, onRelay: nothing },
      ...{ onKeyframeRequest: nothing, onFirstPicture: nothing },
    },
  );
  delivery.take(0, false);
  const report = (fractionLost: number) =>
    Wire.last.options.onFeedback?.({ kind: "report", receivedAtMs: performance.now(), fractionLost });
  for (let i = 0; i <= 225; i++) {
    const count = Math.round((packets * delivery.report.decision.targetBps) / 1_000_000);
    const payloads = Array.from({ length: count }, () => Buffer.alloc(960));
    delivery.send({
      rung: 0,
      payloads,
      bytes: 960 * payloads.length,
      keyframe: i === 0,
      capturedAtMs: performance.now(),
    });
    delivery.tick(performance.now());
    if (i > 0 && i % 25 === 0) report(i === 25 ? 0.05 : 0);
    await vi.advanceTimersByTimeAsync(FRAME_MS);
  }
  expect(delivery.report.decision.targetBps).toBeCloseTo(1_000_000 * growth, -2);
  await delivery.close();
});
