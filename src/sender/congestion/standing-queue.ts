/** A queue that has not been shorter than this for so long is no picture's, and its trend, being flat, tells nothing. */
const STANDING_MS = 45;
const WATCHED_MS = 1_000;
/** Whoever has given way so often, to no effect, is not the one who fills the queue. */
const GIVEN_WAY_MAX = 3;
/** Every so often it is tried again: two flows that both believed this of the other would never let the queue go. */
const TRY_AGAIN_MS = 30_000;
/** Past this the other flow may have the link: no live picture can be had behind such a queue. */
const HOPELESS_MS = 500;
const HOLD_MS = 2_000;

/** What to do about it: `give-way` as for over-use, `compete` with another flow that keeps the queue full. */
export type Standing = "none" | "give-way" | "compete";

/**
 * Notices a queue that stands though it does not grow. At first it is taken for our own and given way to. If that does
 * not help it is another's, as TCP's is: then each rise of the queue would be taken for our doing and cost 15 %, so for as
 * long as it is there losses count for more than delays.
 */
export class StandingQueue {
  #lowAtMs: number | undefined;
  #gaveWayAtMs = Number.NEGATIVE_INFINITY;
  #givenWay = 0;
  #competingSinceMs: number | undefined;
  #competingUntilMs = Number.NEGATIVE_INFINITY;

  /**
   * @param draining our own queue is being drained, which takes its time
   * @param decreasedAtMs when the rate was last lowered
   */
  update(queueMs: number, draining: boolean, decreasedAtMs: number, nowMs: number): Standing {
    if (queueMs < STANDING_MS || draining || this.#lowAtMs === undefined) {
      this.#lowAtMs = nowMs;
      this.#givenWay = 0;
    }
    if (this.#isCompeting(queueMs, nowMs)) return "compete";
    this.#competingSinceMs = undefined;
    if (nowMs - Math.max(this.#lowAtMs, this.#gaveWayAtMs, decreasedAtMs) < WATCHED_MS) return "none";
    this.#gaveWayAtMs = nowMs;
    if (++this.#givenWay > GIVEN_WAY_MAX && queueMs < HOPELESS_MS) {
      this.#competingSinceMs = nowMs;
      this.#competingUntilMs = nowMs + HOLD_MS;
      return "compete";
    }
    return "give-way";
  }

  #isCompeting(queueMs: number, nowMs: number): boolean {
    if (this.#competingSinceMs === undefined || queueMs >= HOPELESS_MS) return false;
    if (queueMs >= STANDING_MS) this.#competingUntilMs = nowMs + HOLD_MS;
    if (nowMs - this.#competingSinceMs < TRY_AGAIN_MS) return nowMs < this.#competingUntilMs;
    this.#givenWay = 0;
    return false;
  }
}
