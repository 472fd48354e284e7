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

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

// What the pacer meant to send as padding would hold pictures up, though it never left.
it.each([true, false])("a viewer is probed only where padding can be sent (%s)", async (pads) => {
  Wire.pads = pads;
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
  for (let i = 0; i < 100; i++) {
    const payloads = [Buffer.alloc(960), Buffer.alloc(960)];
    delivery.send({ rung: 0, payloads, bytes: 1_920, keyframe: i === 0, capturedAtMs: performance.now() });
    delivery.tick(performance.now());
    await vi.advanceTimersByTimeAsync(FRAME_MS);
  }
  expect(Wire.last.padded > 0).toBe(pads);
  await delivery.close();
});
