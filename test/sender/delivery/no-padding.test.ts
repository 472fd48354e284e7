import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Delivery } from "../../../src/sender/delivery/delivery.ts";
import { Recents } from "../../../src/sender/delivery/recents.ts";
import type { Departed, OutgoingPacket } from "../../../src/sender/peer/media-sender.ts";
import type { Peer, PeerOptions } from "../../../src/sender/peer/peer.ts";

const FRAME_MS = 40;

/** A connection that stands, to a viewer who takes padding or does not, and answers each packet after so long. */
class Wire implements Pick<Peer, keyof Peer> {
  readonly state = "connected";
  readonly stages = {};
  readonly sendErrors = 0;
  readonly lastHeardAtMs = 0;
  padded = 0;
  #number = 0;

  static pads = true;
  static last: Wire;
  readonly #options: PeerOptions;

  constructor(options: PeerOptions) {
    this.#options = options;
    Wire.last = this;
  }

  get pads(): boolean {
    return Wire.pads;
  }

  setPlayoutMs(): void {}

  prepare(payloads: readonly Buffer[]): OutgoingPacket[] {
    return payloads.map((payload) => ({ kind: "media", bytes: 1_000, payload, timestamp: 0, marker: false }));
  }

  depart(packets: readonly OutgoingPacket[]): Departed[] {
    return packets.map(() => this.#leave());
  }

  pad(_bytes: number, count: number): Departed[] {
    this.padded += count;
    return this.pads ? Array.from({ length: count }, () => this.#leave()) : [];
  }

  async answer(): Promise<string> {
    return "";
  }

  async addCandidate(): Promise<void> {}
  giveBack(): void {}
  async close(): Promise<void> {}

  send(): Departed[] {
    return [];
  }

  #leave(): Departed {
    const sent = { number: this.#number++, sizeBytes: 1_000, sentAtMs: performance.now() };
    const receive = () => {
      const receivedAtMs = performance.now();
      const packets = [{ sequenceNumber: sent.number, arrivalMs: receivedAtMs }];
      this.#options.onFeedback?.({ kind: "transport", receivedAtMs, packets });
    };
    setTimeout(receive, 10);
    return sent;
  }
}

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
