/** A rung has to fit with a little left for retransmissions. */
const FITS = 1.05;
/**
 * How far a rung follows its weakest viewer down before that viewer leaves it, so that one spoils little for others: what
 * an ordinary over-use takes.
 */
export const GIVES_WAY = 0.85;
/** An estimate so far below the rung is no chance dip. */
const FAR_BELOW = 0.7;
const DOWN_AFTER_MS = 400;
const UP_AFTER_MS = 4_000;
/** A step up that had to be taken back so soon was a mistake; the next is waited for twice as long. */
const MISTAKEN_MS = 10_000;
const UP_AFTER_MAX_MS = 60_000;

/** Which rung of a ladder one viewer's estimate carries: down soon, up only after a stable time. */
export class RungChoice {
  #index: number | undefined;
  /** Nothing was chosen yet: it stands where it was put. */
  #unchosen = true;
  #belowSinceMs: number | undefined;
  #aboveSinceMs: number | undefined;
  /** What the estimate may dip to while a step up is waited for: that rung's own bitrate. */
  #aboveBps = 0;
  #wentUpAtMs = Number.NEGATIVE_INFINITY;
  #upAfterMs = UP_AFTER_MS;

  /**
   * @param rungsBps what each rung takes, best first, at least one
   * @returns the rung's index; the last when not even that fits
   */
  update(estimateBps: number, rungsBps: readonly number[], nowMs: number): number {
    const last = rungsBps.length - 1;
    const fitting = rungsBps.findIndex((rungBps) => estimateBps >= FITS * rungBps);
    const best = fitting < 0 ? last : fitting;
    // A ladder may have become shorter.
    const standing = Math.min(this.#index ?? best, last);
    // Where it was put while nobody knew its network, it does not wait for a better one.
    const index = this.#unchosen ? Math.min(standing, best) : standing;
    this.#index = index;
    this.#unchosen = false;
    const ownBps = rungsBps[index] ?? 0;
    // Between the two nobody moves: the rung gives way.
    if (best > index && estimateBps < GIVES_WAY * ownBps) {
      return this.#consider("down", best, estimateBps < FAR_BELOW * ownBps, nowMs);
    }
    this.#belowSinceMs = undefined;
    // No more is asked of a rung's taker than the plan did that made it.
    if (best < index) {
      this.#aboveBps = rungsBps[best] ?? 0;
      return this.#consider("up", best, false, nowMs);
    }
    if (estimateBps < this.#aboveBps) this.#aboveSinceMs = undefined;
    if (nowMs - this.#wentUpAtMs > UP_AFTER_MAX_MS) this.#upAfterMs = UP_AFTER_MS;
    return index;
  }

  /** The ladder was made anew: where the viewer's rung stands now, if it does. */
  moved(index: number | undefined): void {
    // What it has been waiting for it goes on waiting for.
    if (index !== undefined && index === this.#index) return;
    this.#index = index;
    this.#belowSinceMs = undefined;
    this.#aboveSinceMs = undefined;
  }

  #consider(way: "up" | "down", wanted: number, atOnce: boolean, nowMs: number): number {
    const sinceMs = (way === "up" ? this.#aboveSinceMs : this.#belowSinceMs) ?? nowMs;
    this.#aboveSinceMs = way === "up" ? sinceMs : undefined;
    this.#belowSinceMs = way === "down" ? sinceMs : undefined;
    const waitMs = way === "up" ? this.#upAfterMs : DOWN_AFTER_MS;
    if (!atOnce && nowMs - sinceMs < waitMs) return this.#index ?? wanted;
    if (way === "up") this.#wentUpAtMs = nowMs;
    else if (nowMs - this.#wentUpAtMs < MISTAKEN_MS) this.#upAfterMs = Math.min(this.#upAfterMs * 2, UP_AFTER_MAX_MS);
    this.#aboveSinceMs = undefined;
    this.#belowSinceMs = undefined;
    this.#index = wanted;
    return wanted;
  }
}
