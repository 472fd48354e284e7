/** Decides which pictures to keep so that no more than `fps` a second remain, evenly spaced. */
export class Thinner {
  readonly #intervalMs: number;
  #dueAtMs = Number.NEGATIVE_INFINITY;

  constructor(fps: number) {
    this.#intervalMs = 1_000 / fps;
  }

  keep(capturedAtMs: number): boolean {
    // A picture a little early is the one that was meant: cameras jitter.
    if (capturedAtMs < this.#dueAtMs - this.#intervalMs * 0.25) return false;
    // After a pause the beat starts anew: pictures that are missing are not made up for.
    const paused = capturedAtMs - this.#dueAtMs > this.#intervalMs;
    this.#dueAtMs = (paused ? capturedAtMs : this.#dueAtMs) + this.#intervalMs;
    return true;
  }
}
