/** A NACK goes unanswered at most so often before the viewer asks for a keyframe. */
const ROUND_TRIPS = 2;
/** The viewer's wait before its first NACK, and what timers add. */
const MARGIN_MS = 200;
const LEAST_PACKETS = 256;
const MOST_PACKETS = 16_384;

/**
 * How many packets to keep for retransmission: two round trips and a margin at the rate, doubled for the pictures that
 * are larger than the average, rounded up to a power of two for a ring. 500 ms at 8 Mbps: 2,048.
 * @param packetBytes the average
 */
export function retransmissionHistoryPackets(rttMs: number, bitrateBps: number, packetBytes = 1_100): number {
  const heldMs = ROUND_TRIPS * rttMs + MARGIN_MS;
  const packets = (bitrateBps * heldMs) / 8_000 / packetBytes;
  const rounded = 2 ** Math.ceil(Math.log2(Math.max(packets * 1.5, 1)));
  return Math.min(Math.max(rounded, LEAST_PACKETS), MOST_PACKETS);
}

/** Below this a repeated NACK cannot be told from a duplicated one. */
const LEAST_WAIT_MS = 10;
const MAX_REMEMBERED = 2_048;

/** Chooses which packets of a NACK (RFC 4585, 6.2.1) to send again: one that was, less than a round trip ago, is under way. */
export class NackFilter {
  readonly #sentAtMs = new Map<number, number>();

  /** @param sequenceNumbers of the media stream, as the NACK names them */
  choose(sequenceNumbers: readonly number[], rttMs: number, nowMs: number): number[] {
    const waitMs = Math.max(rttMs, LEAST_WAIT_MS);
    const chosen = new Set(
      sequenceNumbers.filter((each) => nowMs - (this.#sentAtMs.get(each) ?? Number.NEGATIVE_INFINITY) >= waitMs),
    );
    for (const each of chosen) {
      // Deleted first, so that the map's order is that of the times.
      this.#sentAtMs.delete(each);
      this.#sentAtMs.set(each, nowMs);
    }
    for (const [each] of this.#sentAtMs) {
      if (this.#sentAtMs.size <= MAX_REMEMBERED) break;
      this.#sentAtMs.delete(each);
    }
    return [...chosen];
  }
}
