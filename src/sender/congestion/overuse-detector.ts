/** How the link is used: `over` while its queue grows, `under` while it drains. */
export type Usage = "normal" | "over" | "under";

const TREND_GAIN = 4;
/** A trend counts for more as more groups stand behind it, up to this many. */
const MAX_GROUPS = 60;
const FIRST_THRESHOLD_MS = 12.5;
const THRESHOLD_MIN_MS = 6;
const THRESHOLD_MAX_MS = 600;
/** A trend that is further than this above the threshold is a spike, which the threshold does not follow. */
const SPIKE_MS = 15;
/** For each millisecond: slowly up, so that an own queue is noticed; faster down. */
const GAIN_UP = 0.0087;
const GAIN_DOWN = 0.039;
/** One late group is chance: the trend has to stay high for this long, and more than once. */
const OVERUSE_MS = 10;

/**
 * Decides from the delay's slope whether the link is over-used. The threshold adapts (draft-ietf-rmcat-gcc-02, section
 * 5.4): a loss-based flow that keeps filling the queue raises it, or it would take everything.
 */
export class OveruseDetector {
  #thresholdMs = FIRST_THRESHOLD_MS;
  #updatedAtMs: number | undefined;
  #overForMs = 0;
  #overCount = 0;
  #previousSlope = 0;
  #usage: Usage = "normal";

  get thresholdMs(): number {
    return this.#thresholdMs;
  }

  /**
   * @param slope from the trend line
   * @param groups how many groups it has seen
   * @param sendDeltaMs between the sending of the last two
   * @param arrivalMs of the last, on the viewer's clock
   */
  update(slope: number, groups: number, sendDeltaMs: number, arrivalMs: number): Usage {
    const trendMs = Math.min(groups, MAX_GROUPS) * slope * TREND_GAIN;
    if (trendMs > this.#thresholdMs) {
      // The first time the trend may have crossed anywhere between the two groups.
      this.#overForMs += this.#overCount === 0 ? sendDeltaMs / 2 : sendDeltaMs;
      this.#overCount++;
      if (this.#overForMs > OVERUSE_MS && this.#overCount > 1 && slope >= this.#previousSlope) this.#usage = "over";
    } else {
      this.#overForMs = 0;
      this.#overCount = 0;
      this.#usage = trendMs < -this.#thresholdMs ? "under" : "normal";
    }
    this.#previousSlope = slope;
    this.#adapt(Math.abs(trendMs), arrivalMs);
    return this.#usage;
  }

  #adapt(trendMs: number, arrivalMs: number): void {
    const elapsedMs = Math.min(arrivalMs - (this.#updatedAtMs ?? arrivalMs), 100);
    this.#updatedAtMs = arrivalMs;
    if (trendMs > this.#thresholdMs + SPIKE_MS) return;
    const gain = trendMs < this.#thresholdMs ? GAIN_DOWN : GAIN_UP;
    const next = this.#thresholdMs + gain * (trendMs - this.#thresholdMs) * Math.max(elapsedMs, 0);
    this.#thresholdMs = Math.min(Math.max(next, THRESHOLD_MIN_MS), THRESHOLD_MAX_MS);
  }
}
