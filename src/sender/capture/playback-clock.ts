/** A step between two pictures that is longer than this, and than a few frames, is a fault in the file. */
const STEP_MAX_MS = 2_000;
/** Further behind than this, playing goes on from where it is rather than race to catch up. */
const LATE_MAX_MS = 500;

/** When each picture of a recording is due, so that a file plays at its own pace. Pure: the time comes from outside. */
export class PlaybackClock {
  readonly #tickMs: number;
  readonly #frameMs: number;
  #dueAtMs: number | undefined;
  #lastPts: bigint | undefined;

  /**
   * @param tickMs one unit of the file's timestamps, in milliseconds
   * @param fps for pictures without a timestamp, or with one that cannot be
   */
  constructor(tickMs: number, fps: number) {
    this.#tickMs = tickMs;
    this.#frameMs = 1_000 / fps;
  }

  /**
   * @param pts the picture's timestamp; `undefined` when it has none
   * @param nowMs of any clock that never goes back
   * @returns when to show the picture, on that clock
   */
  due(pts: bigint | undefined, nowMs: number): number {
    const expectedMs = this.#dueAtMs === undefined ? nowMs : this.#dueAtMs + this.#stepMs(pts);
    this.#dueAtMs = nowMs - expectedMs > LATE_MAX_MS ? nowMs : expectedMs;
    this.#lastPts = pts;
    return this.#dueAtMs;
  }

  /** When the last picture has been shown for as long as the others. */
  end(nowMs: number): number {
    return this.#dueAtMs === undefined ? nowMs : this.#dueAtMs + this.#frameMs;
  }

  #stepMs(pts: bigint | undefined): number {
    if (pts === undefined || this.#lastPts === undefined) return this.#frameMs;
    const stepMs = Number(pts - this.#lastPts) * this.#tickMs;
    return stepMs > 0 && stepMs <= Math.max(STEP_MAX_MS, 4 * this.#frameMs) ? stepMs : this.#frameMs;
  }
}
