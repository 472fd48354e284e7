const BUCKET_MS = 1_000;
const FIRST_MS = 100;

/**
 * The round-trip time. A feedback message is held back by the viewer for up to a quarter of a second, so that only the
 * least of some seconds is the way's own.
 */
export class RoundTrip {
  readonly #memoryMs: number;
  #buckets: { startMs: number; leastMs: number }[] = [];
  #leastMs = FIRST_MS;

  /** @param memoryMs what is so much older than the newest counts no more */
  constructor(memoryMs = 10_000) {
    this.#memoryMs = memoryMs;
  }

  add(rttMs: number, nowMs: number): void {
    if (!(rttMs >= 0)) return;
    const last = this.#buckets.at(-1);
    if (last && nowMs - last.startMs < BUCKET_MS) {
      last.leastMs = Math.min(last.leastMs, rttMs);
      this.#leastMs = Math.min(this.#leastMs, rttMs);
    } else {
      const kept = this.#buckets.filter(({ startMs }) => nowMs - startMs < this.#memoryMs);
      this.#buckets = [...kept, { startMs: nowMs, leastMs: rttMs }];
      this.#leastMs = Math.min(...this.#buckets.map(({ leastMs }) => leastMs));
    }
  }

  /** What was measured is a guess from now on, until something is measured anew. */
  onNewPath(): void {
    this.#buckets = [];
  }

  /** Whether any was measured yet. */
  get known(): boolean {
    return this.#buckets.length > 0;
  }

  /** The least of the seconds up to the last measurement, however long ago that was; 100 ms before the first. */
  get leastMs(): number {
    return this.#leastMs;
  }
}
