import { type FirstPacket, PacketRing } from "./packet-ring.ts";

/** At 500 ms of round trip there is time to lose a packet and two of its retransmissions. */
export const KEPT_MS = 2_000;
/** The most that `--bitrate` takes, for that time: less where less is sent, and a thread's viewers with RTX share the payloads. */
const KEPT_BYTES = (100_000_000 * KEPT_MS) / 8_000;
/** Packets of a kilobyte that are so much; sequence numbers tell twice as many apart. */
const KEPT_PACKETS = 32_768;
/** A shorter round trip than this is not waited out: the viewer's own timers are no finer. */
const RESEND_GAP_MIN_MS = 5;
/** Half a second of 8 Mbps. */
const BUDGET_MAX_BYTES = 512 * 1024;

/** A packet that was asked for: the same one each time, for as long as it is kept. */
export interface KeptPacket extends FirstPacket {
  resentAtMs: number | undefined;
}

/**
 * What was sent lately to one viewer, and which of it goes out again. A packet is sent again once within a round trip,
 * and no more bytes are sent again than were sent for the first time, so that nobody can turn the sender into a flood.
 */
export class RetransmissionHistory {
  readonly #ring = new PacketRing(KEPT_PACKETS);
  /** Those that were asked for, by position. */
  readonly #asked = new Map<number, KeptPacket>();
  #bytes = 0;
  #budgetBytes = 0;

  add(packet: FirstPacket): void {
    if (this.#ring.full) this.#dropOldest();
    this.#ring.push(packet);
    this.#bytes += packet.payload.length;
    this.#budgetBytes = Math.min(BUDGET_MAX_BYTES, this.#budgetBytes + packet.payload.length);
    while (this.#bytes > KEPT_BYTES) this.#dropOldest();
    this.#expire(packet.sentAtMs);
  }

  /**
   * @param lost sequence numbers as the viewer names them
   * @param rttMs within which a packet is not sent twice
   * @returns those to be sent again now; taken as sent
   */
  take(lost: readonly number[], nowMs: number, rttMs: number): KeptPacket[] {
    this.#expire(nowMs);
    const gapMs = Math.max(RESEND_GAP_MIN_MS, rttMs);
    return lost.flatMap((sequenceNumber) => {
      const packet = this.#find(sequenceNumber);
      if (!packet || nowMs - (packet.resentAtMs ?? packet.sentAtMs - gapMs) < gapMs) return [];
      if (packet.payload.length > this.#budgetBytes) return [];
      this.#budgetBytes -= packet.payload.length;
      packet.resentAtMs = nowMs;
      return [packet];
    });
  }

  /** It was taken and did not leave: the viewer's next question is answered at once, and the bytes are there again. */
  giveBack(packet: KeptPacket): void {
    packet.resentAtMs = undefined;
    this.#budgetBytes = Math.min(BUDGET_MAX_BYTES, this.#budgetBytes + packet.payload.length);
  }

  /** Sequence numbers have no gaps, so that the newest one tells where another stands. */
  #find(sequenceNumber: number): KeptPacket | undefined {
    const { next, oldest } = this.#ring;
    if (next === oldest) return undefined;
    const position = next - 1 - ((this.#ring.sequenceNumberAt(next - 1) - sequenceNumber) & 0xffff);
    const known = this.#asked.get(position);
    if (known) return known;
    const packet = this.#ring.at(position);
    if (!packet) return undefined;
    const kept = { ...packet, resentAtMs: undefined };
    this.#asked.set(position, kept);
    return kept;
  }

  #expire(nowMs: number): void {
    while (this.#ring.oldest < this.#ring.next && nowMs - this.#ring.sentAtMsAt(this.#ring.oldest) > KEPT_MS) {
      this.#dropOldest();
    }
  }

  #dropOldest(): void {
    if (this.#asked.size > 0) this.#asked.delete(this.#ring.oldest);
    this.#bytes -= this.#ring.dropOldest();
  }
}

/** An RTX payload: the original's sequence number, then its payload (RFC 4588 section 4). */
export function rtxPayload({ sequenceNumber, payload }: KeptPacket): Buffer {
  const wrapped = Buffer.allocUnsafe(2 + payload.length);
  wrapped.writeUInt16BE(sequenceNumber, 0);
  payload.copy(wrapped, 2);
  return wrapped;
}
