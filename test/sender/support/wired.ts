import { vi } from "vitest";
import { Delivery } from "../../../src/sender/delivery/delivery.ts";
import { Recents } from "../../../src/sender/delivery/recents.ts";
import { Wire } from "./wire.ts";

const FRAME_MS = 40;
const PAYLOAD_BYTES = 960;

/**
 * A viewer's delivery by a `Wire`, whose pictures are taken at 25 frames a second of a clock that a test has stopped. Its
 * file says `vi.mock("…/peer.ts", async () => ({ Peer: (await import("…/wire.ts")).Wire }))`.
 */
export function openWired(maxBps: number) {
  const nothing = () => {};
  const delivery = new Delivery({ iceServers: [], loopback: true, relayOnly: false, maxBps }, new Recents(), {
    ...{ onCandidate: nothing, onState: nothing, onPath: nothing, onRelay: nothing },
    ...{ onKeyframeRequest: nothing, onFirstPicture: nothing },
  });
  delivery.take(0, false);
  /** @param packets of a kilobyte each as they leave */
  const show = async (packets: number, keyframe: boolean) => {
    const payloads = Array.from({ length: packets }, () => Buffer.alloc(PAYLOAD_BYTES));
    const bytes = packets * PAYLOAD_BYTES;
    delivery.send({ rung: 0, payloads, bytes, keyframe, capturedAtMs: performance.now() });
    delivery.tick(performance.now());
    await vi.advanceTimersByTimeAsync(FRAME_MS);
  };
  return { delivery, wire: Wire.last, show };
}
