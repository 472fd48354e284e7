const WINDOW_GROUPS = 20;
/** Paced packets make a group every 5 ms: the window should still span some pictures. */
const WINDOW_MIN_MS = 300;
const WINDOW_MAX_MS = 1_000;
/** A viewer's clock may stand still, or go back. */
const MAX_POINTS = 100;
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
  readonly #points: Point[] = [];
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
    if (this.#points.length > MAX_POINTS) this.#points.shift();
    this.#forget(arrivalMs);
    return this.#points.length < MIN_GROUPS ? 0 : slope(this.#points);
  }

  #forget(nowMs: number): void {
    const points = this.#points;
    const count = points.length;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const point = points[i] as Point;
      const ageMs = nowMs - point.arrivalMs;
      if (ageMs <= WINDOW_MIN_MS || (ageMs <= WINDOW_MAX_MS && count - i <= WINDOW_GROUPS)) points[kept++] = point;
    }
    points.length = kept;
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
