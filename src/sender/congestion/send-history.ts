import type { TransportFeedback } from "./feedback.ts";
import type { PacketRecord, PacketResult, Resolved, SentPacket } from "./packet.ts";

/** Longer than any round trip that a call survives; what is older will not be told of any more. */
const MAX_AGE_MS = 10_000;
/** Less than half of the 16-bit numbers, so that a number is never ambiguous. */
const MAX_PACKETS = 20_000;

interface Entry extends PacketRecord {
  reportedLost: boolean;
}

/** The packets whose fate is not yet known, by transport-wide sequence number. */
export class SendHistory {
  /** By unwrapped number, oldest first. */
  readonly #entries = new Map<number, Entry>();
  #lastIndex: number | undefined;
  /** The highest that any feedback covered. */
  #coveredIndex = -1;
  #inFlightBytes = 0;

  /** Packets are told of in the order of their numbers. */
  add(packet: SentPacket, nowMs: number): void {
    const index = this.#lastIndex === undefined ? packet.sequenceNumber : this.#unwrap(packet.sequenceNumber);
    this.#lastIndex = Math.max(index, this.#lastIndex ?? 0);
    this.#entries.set(index, { ...packet, sentAtMs: nowMs, reportedLost: false });
    this.#inFlightBytes += packet.bytes;
    this.#prune(nowMs);
  }

  /** Sent after the newest packet that any feedback covered. */
  get inFlightBytes(): number {
    return this.#inFlightBytes;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** A packet is told lost once; it may still be told received later. */
  resolve(feedback: TransportFeedback): Resolved {
    const results: PacketResult[] = [];
    const first = feedback.packets[0];
    const untold = first ? this.#coverUpTo(this.#unwrap(first.sequenceNumber) - 1) : [];
    for (const { sequenceNumber, arrivalMs } of feedback.packets) {
      const index = this.#unwrap(sequenceNumber);
      if (index > this.#coveredIndex) this.#coverUpTo(index);
      const entry = this.#entries.get(index);
      if (!entry) continue;
      if (arrivalMs !== undefined) {
        this.#entries.delete(index);
        results.push(
          entry.reportedLost ? { packet: entry, arrivalMs, lateArrival: true } : { packet: entry, arrivalMs },
        );
      } else if (!entry.reportedLost) {
        entry.reportedLost = true;
        results.push({ packet: entry });
      }
    }
    return { results, untold };
  }

  /** The number that is nearest to the last one sent. */
  #unwrap(sequenceNumber: number): number {
    const last = this.#lastIndex ?? 0;
    return last + (((sequenceNumber - last) << 16) >> 16);
  }

  /** @returns the packets that were in flight until now */
  #coverUpTo(index: number): PacketRecord[] {
    const landed: PacketRecord[] = [];
    const last = Math.min(index, this.#lastIndex ?? -1);
    for (let i = Math.max(this.#coveredIndex + 1, last - MAX_PACKETS); i <= last; i++) {
      const entry = this.#entries.get(i);
      if (entry) landed.push(entry);
    }
    this.#coveredIndex = Math.max(this.#coveredIndex, last);
    for (const { bytes } of landed) this.#inFlightBytes -= bytes;
    return landed;
  }

  #prune(nowMs: number): void {
    for (const [index, entry] of this.#entries) {
      if (this.#entries.size <= MAX_PACKETS && nowMs - entry.sentAtMs <= MAX_AGE_MS) return;
      if (index > this.#coveredIndex) this.#inFlightBytes -= entry.bytes;
      this.#entries.delete(index);
    }
  }
}
