const WINDOW_GROUPS = 20;
const WINDOW_MS = 1_000;
/** A line through fewer says nothing. */
const MIN_GROUPS = 4;
/**
 * Time constant of the smoothing. libwebrtc smooths by count (0.9 for each group), which suits groups every 5 ms; here a
 * group is a picture, and the same memory would span a third of a second.
 */
const SMOOTHING_MS = 60;

interface Point {
  arrivalMs: number;
  delayMs: number;
}

/** The slope of the delay: a least-squares line through the smoothed delays of the last groups. */
export class Trendline {
  #points: Point[] = [];
  #accumulatedMs = 0;
  #smoothedMs = 0;
  #count = 0;

  /** How many groups have been seen. */
  get count(): number {
    return this.#count;
  }

  /** @returns milliseconds of delay gained for each millisecond; 0 while there are too few groups */
  update(delayDeltaMs: number, sendDeltaMs: number, arrivalMs: number): number {
    this.#count++;
    this.#accumulatedMs += delayDeltaMs;
    const kept = Math.exp(-Math.max(sendDeltaMs, 1) / SMOOTHING_MS);
    this.#smoothedMs = kept * this.#smoothedMs + (1 - kept) * this.#accumulatedMs;
    this.#points.push({ arrivalMs, delayMs: this.#smoothedMs });
    const recent = this.#points.length > WINDOW_GROUPS ? this.#points.slice(1) : this.#points;
    this.#points = recent.filter((point) => arrivalMs - point.arrivalMs <= WINDOW_MS);
    return this.#points.length < MIN_GROUPS ? 0 : slope(this.#points);
  }
}

function slope(points: readonly Point[]): number {
  const meanArrivalMs = points.reduce((sum, { arrivalMs }) => sum + arrivalMs, 0) / points.length;
  const meanDelayMs = points.reduce((sum, { delayMs }) => sum + delayMs, 0) / points.length;
  let covariance = 0;
  let variance = 0;
  for (const { arrivalMs, delayMs } of points) {
    covariance += (arrivalMs - meanArrivalMs) * (delayMs - meanDelayMs);
    variance += (arrivalMs - meanArrivalMs) ** 2;
  }
  return variance === 0 ? 0 : covariance / variance;
}
