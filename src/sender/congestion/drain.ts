/** Less than the link carries, so that the queue of a fall goes away in little more than its own length. */
const SHARE = 0.3;
const BEGIN_QUEUE_MS = 100;
const END_QUEUE_MS = 40;
const MAX_MS = 2_500;

/**
 * After a deep fall the link's queue holds what was sent before it was noticed. At 85 % of the new rate it would take
 * six times its length to drain, and every picture until then would be late: so the rate goes lower for that time.
 * Only a fall begins this, never a queue alone: beside a flow that fills the queue it would give everything away.
 */
export class Drain {
  #untilMs = Number.NEGATIVE_INFINITY;

  onDeepFall(nowMs: number): void {
    this.#untilMs = nowMs + MAX_MS;
  }

  /** @returns the share of the estimate to be sent now */
  share(queueMs: number, nowMs: number): number {
    if (nowMs >= this.#untilMs) return 1;
    if (queueMs < END_QUEUE_MS) this.#untilMs = Number.NEGATIVE_INFINITY;
    return queueMs >= (this.#untilMs === Number.NEGATIVE_INFINITY ? BEGIN_QUEUE_MS : END_QUEUE_MS) ? SHARE : 1;
  }
}
