import type { Departed, OutgoingPacket } from "../../../src/sender/peer/media-sender.ts";
import type { Peer, PeerOptions } from "../../../src/sender/peer/peer.ts";

/** A connection that stands, to a viewer who takes padding or does not, and answers each packet after so long. */
export class Wire implements Pick<Peer, keyof Peer> {
  readonly state = "connected";
  readonly stages = {};
  readonly sendErrors = 0;
  readonly lastHeardAtMs = 0;
  padded = 0;
  #number = 0;

  static pads = true;
  static answerMs = 10;
  /** Whether the viewer takes transport-wide numbers, and tells of them. */
  static numbered = true;
  static last: Wire;
  readonly options: PeerOptions;

  constructor(options: PeerOptions) {
    this.options = options;
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
    if (!Wire.numbered) return { number: undefined, sizeBytes: 1_000, sentAtMs: performance.now() };
    const sent = { number: this.#number++, sizeBytes: 1_000, sentAtMs: performance.now() };
    const receive = () => {
      const receivedAtMs = performance.now();
      const packets = [{ sequenceNumber: sent.number, arrivalMs: receivedAtMs }];
      this.options.onFeedback?.({ kind: "transport", receivedAtMs, packets });
    };
    setTimeout(receive, Wire.answerMs);
    return sent;
  }
}
