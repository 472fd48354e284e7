const WINDOW_MS = 2_000;
const TOO_MANY = 1.2;

/** Notices a camera that gives far more pictures than it said that it would, as some network cameras do. */
export class Overrun {
  readonly #most: number;
  #windowStartMs: number | undefined;
  #count = 0;

  /** @param fps what it said */
  constructor(fps: number) {
    this.#most = (fps * TOO_MANY * WINDOW_MS) / 1_000;
  }

  /**
   * To be told of every picture.
   * @returns whether the last two seconds had too many
   */
  update(capturedAtMs: number): boolean {
    if (this.#windowStartMs === undefined) {
      this.#windowStartMs = capturedAtMs;
      return false;
    }
    this.#count++;
    if (capturedAtMs - this.#windowStartMs < WINDOW_MS) return false;
    const tooMany = this.#count > this.#most;
    this.#windowStartMs = capturedAtMs;
    this.#count = 0;
    return tooMany;
  }
}
