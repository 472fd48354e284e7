/** How the link is used: `over` while its queue grows, `easing` while it grows more slowly, `under` while it drains. */
export type Usage = "normal" | "over" | "easing" | "under";

const TREND_GAIN = 4;
/** A trend counts for more as more groups stand behind it, up to this many. */
const MAX_GROUPS = 60;
const FIRST_THRESHOLD_MS = 12.5;
const THRESHOLD_MIN_MS = 9;
const THRESHOLD_MAX_MS = 600;
/** A trend that is further than this above the threshold is a spike, which the threshold does not follow. */
const SPIKE_MS = 15;
/** For each millisecond: slowly up, so that an own queue is noticed; faster down. */
const GAIN_UP = 0.0087;
const GAIN_DOWN = 0.039;
/** Beside a flow that fills the queue, only a trend so many times the threshold is our own. */
const COMPETING_FACTOR = 5;
/** A shorter queue than this is the pictures' different sizes, whatever its trend. */
const QUEUE_MIN_MS = 20;
/** One late group is chance: the trend has to stay high for this long, and more than once. */
const OVERUSE_MS = 10;

export interface TrendInput {
  /** From the trend line, which has seen so many groups. */
  slope: number;
  groups: number;
  /** Between the sending of the last two groups. */
  sendDeltaMs: number;
  /** Of the last, on the viewer's clock. */
  arrivalMs: number;
  /** The least of the last few bursts'. */
  lastingQueueMs: number;
  /** Another flow keeps the queue full. */
  competing: boolean;
}

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

  update({ slope, groups, sendDeltaMs, arrivalMs, lastingQueueMs, competing }: TrendInput): Usage {
    const trendMs = Math.min(groups, MAX_GROUPS) * slope * TREND_GAIN;
    const thresholdMs = competing ? COMPETING_FACTOR * this.#thresholdMs : this.#thresholdMs;
    if (trendMs > thresholdMs && lastingQueueMs >= QUEUE_MIN_MS) {
      // The first time the trend may have crossed anywhere between the two groups.
      this.#overForMs += this.#overCount === 0 ? sendDeltaMs / 2 : sendDeltaMs;
      this.#overCount++;
      // The line remembers a growth for as long as its window: what is past must not be paid for twice.
      if (slope < this.#previousSlope) this.#usage = "easing";
      else if (this.#overForMs > OVERUSE_MS && this.#overCount > 1) this.#usage = "over";
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
