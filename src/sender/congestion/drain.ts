interface Manner {
  /** Of the estimate. */
  share: number;
  /** Our own queue, with so little going in, is gone after so many times its length at the latest. */
  lengths: number;
  /** For so long the packets that will show the queue are still standing in it. */
  blindMs: number;
}

/** The queue of a fall goes away in little more than its own length. */
const FALL: Manner = { share: 0.3, lengths: 2, blindMs: 400 };
/** One without a fall is of two who met there, and both make room. */
const QUEUE: Manner = { share: 0.5, lengths: 2.8, blindMs: 0 };
const END_QUEUE_MS = 40;
/** What is sent less from now on shows so much later. */
const SHOWN_MS = 400;
const MAX_MS = 2_500;

/**
 * After a deep fall the link's queue holds what was sent before it was noticed. At 85 % of the new rate it would take
 * six times its length to drain, and every picture until then would be late: so the rate goes lower for that time. The
 * same, less low, where over-use has left a queue. A queue alone does not begin this: beside a flow that fills it
 * everything would be given away.
 */
export class Drain {
  #sinceMs: number | undefined;
  #manner = FALL;
  #longestMs = 0;
  #outlasted = false;

  /** The link fell deeply, or its queue is hopeless. */
  beginForFall(nowMs: number): void {
    this.#begin(FALL, nowMs);
  }

  /** Over-use was noticed late; unless it is drained already. */
  beginForQueue(nowMs: number): void {
    if (this.#sinceMs === undefined) this.#begin(QUEUE, nowMs);
  }

  #begin(manner: Manner, nowMs: number): void {
    this.#manner = manner;
    this.#sinceMs = nowMs;
    this.#longestMs = 0;
    this.#outlasted = false;
  }

  /** It is not our own queue. */
  end(): void {
    this.#sinceMs = undefined;
    this.#outlasted = false;
  }

  /** The queue was there after the last drain, as our own cannot have been, and has been since. */
  get outlasted(): boolean {
    return this.#outlasted;
  }

  /** @returns the share of the estimate to be sent now */
  share(queueMs: number, nowMs: number): number {
    if (queueMs < END_QUEUE_MS) this.#outlasted = false;
    if (this.#sinceMs === undefined) return 1;
    const forMs = nowMs - this.#sinceMs;
    this.#longestMs = Math.max(this.#longestMs, queueMs);
    const { share, lengths, blindMs } = this.#manner;
    const longestMs = Math.min(SHOWN_MS + lengths * this.#longestMs, MAX_MS);
    if (forMs < longestMs && (forMs < blindMs || queueMs >= END_QUEUE_MS)) return share;
    this.#sinceMs = undefined;
    this.#outlasted = queueMs >= END_QUEUE_MS && forMs < MAX_MS;
    return 1;
  }
}
