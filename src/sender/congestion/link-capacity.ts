const ALPHA = 0.05;
const FIRST_VARIANCE = 0.4;
const VARIANCE_MIN = 0.4;
const VARIANCE_MAX = 2.5;

/** What the link carried each time it was full, in kbps inside: the variance is normalised by the mean. */
export class LinkCapacity {
  #meanKbps: number | undefined;
  #variance = FIRST_VARIANCE;

  get estimateBps(): number | undefined {
    return this.#meanKbps === undefined ? undefined : this.#meanKbps * 1_000;
  }

  /** Three standard deviations around the mean. */
  get lowerBps(): number {
    if (this.#meanKbps === undefined) return 0;
    return Math.max(0, this.#meanKbps - 3 * this.#deviationKbps(this.#meanKbps)) * 1_000;
  }

  get upperBps(): number {
    if (this.#meanKbps === undefined) return Number.POSITIVE_INFINITY;
    return (this.#meanKbps + 3 * this.#deviationKbps(this.#meanKbps)) * 1_000;
  }

  /** @param ackedBps what came through while the link was over-used */
  onOveruse(ackedBps: number): void {
    const sampleKbps = ackedBps / 1_000;
    const meanKbps = this.#meanKbps === undefined ? sampleKbps : this.#meanKbps + ALPHA * (sampleKbps - this.#meanKbps);
    const error = (meanKbps - sampleKbps) ** 2 / Math.max(meanKbps, 1);
    this.#variance = Math.min(Math.max((1 - ALPHA) * this.#variance + ALPHA * error, VARIANCE_MIN), VARIANCE_MAX);
    this.#meanKbps = meanKbps;
  }

  /** The link is another than it was. */
  reset(): void {
    this.#meanKbps = undefined;
  }

  #deviationKbps(meanKbps: number): number {
    return Math.sqrt(this.#variance * meanKbps);
  }
}
