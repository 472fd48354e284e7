const BUCKET_MS = 1_000;

/** The least of the times that were measured lately, second by second. */
export class Least {
  readonly #memoryMs: number;
  #buckets: { startMs: number; leastMs: number }[] = [];
  #leastMs: number;

  /**
   * @param memoryMs what is so much older than the newest counts no more
   * @param guessMs the least until one is measured
   */
  constructor(memoryMs: number, guessMs = Number.POSITIVE_INFINITY) {
    this.#memoryMs = memoryMs;
    this.#leastMs = guessMs;
  }

  /** @param nowMs of a clock that may be set back: no second is then remembered for longer than there are others after it */
  add(ms: number, nowMs: number): void {
    const last = this.#buckets.at(-1);
    if (last && nowMs >= last.startMs && nowMs - last.startMs < BUCKET_MS) {
      last.leastMs = Math.min(last.leastMs, ms);
      this.#leastMs = Math.min(this.#leastMs, ms);
    } else {
      const newest = this.#buckets.slice(1 - this.#memoryMs / BUCKET_MS);
      // By their age too: while nothing is measured the clocks drift apart.
      const kept = newest.filter(({ startMs }) => nowMs - startMs < this.#memoryMs);
      this.#buckets = [...kept, { startMs: nowMs, leastMs: ms }];
      this.#leastMs = Math.min(...this.#buckets.map(({ leastMs }) => leastMs));
    }
  }

  /** What was measured is a guess from now on, until something is measured anew. */
  doubt(): void {
    this.#buckets = [];
  }

  /** Whether it was measured. */
  get known(): boolean {
    return this.#buckets.length > 0;
  }

  /** Of the seconds up to the last measurement, however long ago that was. */
  get leastMs(): number {
    return this.#leastMs;
  }
}
