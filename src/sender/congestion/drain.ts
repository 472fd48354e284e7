/** Less than the link carries, so that the queue of a fall goes away in little more than its own length. */
const SHARE = 0.3;
const END_QUEUE_MS = 40;
/** The packets that will show the queue are still standing in it. */
const BLIND_MS = 400;
const MAX_MS = 2_500;
/** Our own queue, with so little going in, goes in one and a half times its length: in twice that at the latest. */
const OWN_LENGTHS = 2;

/**
 * After a deep fall the link's queue holds what was sent before it was noticed. At 85 % of the new rate it would take
 * six times its length to drain, and every picture until then would be late: so the rate goes lower for that time.
 * A queue alone does not begin this: beside a flow that fills the queue it would give everything away.
 */
export class Drain {
  #sinceMs: number | undefined;
  #longestMs = 0;
  #outlasted = false;

  begin(nowMs: number): void {
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
    const longestMs = Math.min(BLIND_MS + OWN_LENGTHS * this.#longestMs, MAX_MS);
    if (forMs < longestMs && (forMs < BLIND_MS || queueMs >= END_QUEUE_MS)) return SHARE;
    this.#sinceMs = undefined;
    this.#outlasted = queueMs >= END_QUEUE_MS && forMs < MAX_MS;
    return 1;
  }
}
