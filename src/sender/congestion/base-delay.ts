const BUCKET_MS = 1_000;
/** Long enough that a drop's queue does not become the new zero; short enough to follow clocks that drift and routes that change. */
const BUCKETS = 30;

/** The least one-way delay of the last half minute: what the way takes when no queue stands on it. */
export class BaseDelay {
  #buckets: { startMs: number; leastMs: number }[] = [];
  #leastMs = Number.POSITIVE_INFINITY;

  /**
   * @param delayMs viewer's clock less sender's clock
   * @returns how much of it is queue
   */
  update(delayMs: number, nowMs: number): number {
    const last = this.#buckets.at(-1);
    if (last && nowMs >= last.startMs && nowMs - last.startMs < BUCKET_MS) {
      last.leastMs = Math.min(last.leastMs, delayMs);
      this.#leastMs = Math.min(this.#leastMs, delayMs);
    } else {
      // By their age too: while the camera is paused there are none, and the clocks drift apart.
      const kept = this.#buckets.slice(1 - BUCKETS).filter(({ startMs }) => nowMs - startMs < BUCKETS * BUCKET_MS);
      this.#buckets = [...kept, { startMs: nowMs, leastMs: delayMs }];
      this.#leastMs = Math.min(...this.#buckets.map(({ leastMs }) => leastMs));
    }
    return delayMs - this.#leastMs;
  }

  /** The clocks were set: what was before tells nothing. */
  clear(): void {
    this.#buckets = [];
    this.#leastMs = Number.POSITIVE_INFINITY;
  }

  /** Infinite while nothing is known. */
  get leastMs(): number {
    return this.#leastMs;
  }
}
