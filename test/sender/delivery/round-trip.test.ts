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
  Wire.answerMs = 10;
});
afterEach(() => void vi.useRealTimers());

// Reports follow over ten seconds, and each packet that is missed would go out again and again meanwhile.
it("what is missed is sent again once within the round trip of the path that is used now", async () => {
  const nothing = () => {};
  const delivery = new Delivery({ iceServers: [], loopback: true, relayOnly: false, maxBps: 500_000 }, new Recents(), {
    ...{ onCandidate: nothing, onState: nothing, onPath: nothing, onRelay: nothing },
    ...{ onKeyframeRequest: nothing, onFirstPicture: nothing },
  });
  const { options } = Wire.last;
  delivery.take(0, false);
  const send = async (pictures: number, keyframe = false) => {
    for (let i = 0; i < pictures; i++) {
      const capturedAtMs = performance.now();
      delivery.send({
        rung: 0,
        payloads: [Buffer.alloc(960)],
        bytes: 960,
        keyframe: keyframe && i === 0,
        capturedAtMs,
      });
      delivery.tick(performance.now());
      await vi.advanceTimersByTimeAsync(FRAME_MS);
    }
  };
  expect(options.roundTripMs?.()).toBeUndefined();
  await send(50, true);
  expect(options.roundTripMs?.()).toBeCloseTo(10);
  Wire.answerMs = 300;
  options.onNewPath?.();
  await send(10);
  expect(options.roundTripMs?.()).toBeCloseTo(300);
  // The same path, with a queue on it that stays.
  Wire.answerMs = 400;
  await send(400);
  expect(options.roundTripMs?.()).toBeCloseTo(400);
  await delivery.close();
});
