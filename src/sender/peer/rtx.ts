/** At 500 ms of round trip there is time to lose a packet and two of its retransmissions. */
const KEPT_MS = 2_000;
/** 8 Mbps for that time. */
const KEPT_BYTES = 2 * 1024 * 1024;
const KEPT_PACKETS = 4_096;
/** A shorter round trip than this is not waited out: the viewer's own timers are no finer. */
const RESEND_GAP_MIN_MS = 5;
/** Half a second of 8 Mbps. */
const BUDGET_MAX_BYTES = 512 * 1024;

/** A packet that may be asked for again. The payload is shared by all viewers. */
export interface KeptPacket {
  sequenceNumber: number;
  timestamp: number;
  marker: boolean;
  payload: Buffer;
  sentAtMs: number;
  resentAtMs: number | undefined;
}

/**
 * What was sent lately to one viewer, and which of it goes out again. A packet is sent again once within a round trip,
 * and no more bytes are sent again than were sent for the first time, so that nobody can turn the sender into a flood.
 */
export class RetransmissionHistory {
  readonly #ring: (KeptPacket | undefined)[] = [];
  #next = 0;
  #oldest = 0;
  #bytes = 0;
  #budgetBytes = 0;

  add(packet: Omit<KeptPacket, "resentAtMs">): void {
    const slot = this.#next % KEPT_PACKETS;
    if (this.#next - this.#oldest === KEPT_PACKETS) this.#dropOldest();
    this.#ring[slot] = { ...packet, resentAtMs: undefined };
    this.#next++;
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

  /** Sequence numbers have no gaps, so that the newest one tells where another stands. */
  #find(sequenceNumber: number): KeptPacket | undefined {
    const newest = this.#at(this.#next - 1);
    if (!newest) return undefined;
    const position = this.#next - 1 - ((newest.sequenceNumber - sequenceNumber) & 0xffff);
    return position < this.#oldest ? undefined : this.#at(position);
  }

  #at(position: number): KeptPacket | undefined {
    return position < 0 ? undefined : this.#ring[position % KEPT_PACKETS];
  }

  #expire(nowMs: number): void {
    for (;;) {
      const oldest = this.#oldest < this.#next ? this.#at(this.#oldest) : undefined;
      if (!oldest || nowMs - oldest.sentAtMs <= KEPT_MS) return;
      this.#dropOldest();
    }
  }

  #dropOldest(): void {
    const slot = this.#oldest++ % KEPT_PACKETS;
    this.#bytes -= this.#ring[slot]?.payload.length ?? 0;
    this.#ring[slot] = undefined;
  }
}

/** An RTX payload: the original's sequence number, then its payload (RFC 4588 section 4). */
export function rtxPayload({ sequenceNumber, payload }: KeptPacket): Buffer {
  const wrapped = Buffer.allocUnsafe(2 + payload.length);
  wrapped.writeUInt16BE(sequenceNumber, 0);
  payload.copy(wrapped, 2);
  return wrapped;
}
