import type { TransportFeedback } from "./feedback.ts";
import type { PacketRecord, PacketResult, Resolved, SentPacket } from "./packet.ts";

/** Longer than any round trip that a call survives; what is older will not be told of any more. */
const MAX_AGE_MS = 10_000;
/** Ten seconds of 20 Mbps. */
const MAX_PACKETS = 20_000;

interface Entry extends PacketRecord {
  reportedLost: boolean;
  supposed: boolean;
}

/** Grows with what is under way. */
const FIRST_CAPACITY = 256;

/** The packets whose fate is not yet known, by transport-wide sequence number. */
export class SendHistory {
  /** By number: from the oldest to the last, with gaps. */
  #ring: (Entry | undefined)[] = new Array(FIRST_CAPACITY).fill(undefined);
  #size = 0;
  #oldestIndex = 0;
  #lastIndex: number | undefined;
  /** The highest that any feedback covered. */
  #coveredIndex = -1;
  #inFlightBytes = 0;
  #lastSentAtMs = Number.NEGATIVE_INFINITY;
  /** What the last message told lost. */
  #lost: Entry[] = [];

  /** Packets are told of in the order of their numbers. */
  add(packet: SentPacket, nowMs: number): void {
    const { sequenceNumber: index } = packet;
    if (this.#size === 0) this.#oldestIndex = index;
    this.#lastIndex = Math.max(index, this.#lastIndex ?? 0);
    this.#set(index, { ...packet, sentAtMs: nowMs, reportedLost: false, supposed: false });
    this.#inFlightBytes += packet.bytes;
    this.#lastSentAtMs = nowMs;
    this.#prune(nowMs);
  }

  /** Sent after the newest packet that any feedback covered. */
  get inFlightBytes(): number {
    return this.#inFlightBytes;
  }

  /** Whether any left within so long. A source that pauses waits for nobody, though its last packet may never be told of. */
  sentWithin(ms: number, nowMs: number): boolean {
    return nowMs - this.#lastSentAtMs < ms;
  }

  /** A packet is told lost once; it may still be told received later. */
  resolve(feedback: TransportFeedback): Resolved {
    const results: PacketResult[] = [];
    const lost: Entry[] = [];
    const first = feedback.packets[0];
    const untold = first ? this.#coverUpTo(first.sequenceNumber - 1) : [];
    for (const entry of untold) entry.supposed = true;
    for (const { sequenceNumber: index, arrivalMs } of feedback.packets) {
      if (index > this.#coveredIndex) this.#coverUpTo(index);
      const entry = this.#get(index);
      if (!entry) continue;
      if (arrivalMs !== undefined) {
        this.#delete(index);
        results.push(arrived(entry, arrivalMs));
      } else if (!entry.reportedLost) {
        entry.reportedLost = true;
        results.push({ packet: entry });
        lost.push(entry);
      }
    }
    return { results, untold, missed: results.length === 0 ? [] : this.#missed(lost) };
  }

  /** @param lost what this message tells so, to be looked at with the next */
  #missed(lost: Entry[]): Entry[] {
    const missed = this.#lost.filter((entry) => this.#get(entry.sequenceNumber) === entry);
    this.#lost = lost;
    return missed;
  }

  /** @returns the packets that were in flight until now */
  #coverUpTo(index: number): Entry[] {
    const landed: Entry[] = [];
    const last = Math.min(index, this.#lastIndex ?? -1);
    for (let i = Math.max(this.#coveredIndex + 1, last - MAX_PACKETS); i <= last; i++) {
      const entry = this.#get(i);
      if (entry) landed.push(entry);
    }
    this.#coveredIndex = Math.max(this.#coveredIndex, last);
    for (const { bytes } of landed) this.#inFlightBytes -= bytes;
    return landed;
  }

  #prune(nowMs: number): void {
    for (; this.#size > 0; this.#oldestIndex++) {
      const entry = this.#get(this.#oldestIndex);
      if (!entry) continue;
      if (this.#size <= MAX_PACKETS && nowMs - entry.sentAtMs <= MAX_AGE_MS) return;
      if (this.#oldestIndex > this.#coveredIndex) this.#inFlightBytes -= entry.bytes;
      this.#delete(this.#oldestIndex);
    }
  }

  #get(index: number): Entry | undefined {
    if (index < this.#oldestIndex || index > (this.#lastIndex ?? -1)) return undefined;
    return this.#ring[index % this.#ring.length];
  }

  #set(index: number, entry: Entry): void {
    if (index < this.#oldestIndex) return;
    while (index - this.#oldestIndex >= this.#ring.length) this.#grow();
    const slot = index % this.#ring.length;
    if (!this.#ring[slot]) this.#size++;
    this.#ring[slot] = entry;
  }

  #delete(index: number): void {
    this.#ring[index % this.#ring.length] = undefined;
    this.#size--;
  }

  #grow(): void {
    const former = this.#ring;
    this.#ring = new Array(former.length * 2).fill(undefined);
    for (let i = this.#oldestIndex; i < this.#oldestIndex + former.length; i++) {
      this.#ring[i % this.#ring.length] = former[i % former.length];
    }
  }
}

function arrived(entry: Entry, arrivalMs: number): PacketResult {
  const result: PacketResult = { packet: entry, arrivalMs };
  if (entry.reportedLost) result.lateArrival = true;
  if (entry.supposed) result.supposed = true;
  return result;
}

/** Of the results those that arrived. */
export function inOrderOfArrival(results: readonly PacketResult[]): PacketResult[] {
  const received = results.filter(({ arrivalMs }) => arrivalMs !== undefined);
  const sorted = received.every(({ arrivalMs = 0 }, i) => arrivalMs >= (received[i - 1]?.arrivalMs ?? arrivalMs));
  return sorted ? received : received.sort((a, b) => (a.arrivalMs ?? 0) - (b.arrivalMs ?? 0));
}
