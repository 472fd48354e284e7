const BUCKET_MS = 1_000;
const BUCKETS = 10;
const FIRST_MS = 100;
const ALPHA = 0.125;

/**
 * The round-trip time. A feedback message is held back by the viewer for up to a quarter of a second, so that the least
 * of some seconds is the way's own, and the smoothed one what a sender has to wait for news.
 */
export class RoundTrip {
  #smoothedMs: number | undefined;
  #buckets: { startMs: number; leastMs: number }[] = [];

  add(rttMs: number, nowMs: number): void {
    if (!(rttMs >= 0)) return;
    this.#smoothedMs = this.#smoothedMs === undefined ? rttMs : this.#smoothedMs + ALPHA * (rttMs - this.#smoothedMs);
    const last = this.#buckets.at(-1);
    if (last && nowMs - last.startMs < BUCKET_MS) last.leastMs = Math.min(last.leastMs, rttMs);
    else this.#buckets = [...this.#buckets.slice(1 - BUCKETS), { startMs: nowMs, leastMs: rttMs }];
  }

  get smoothedMs(): number {
    return this.#smoothedMs ?? FIRST_MS;
  }

  /** The least of the last ten seconds. */
  get leastMs(): number {
    return this.#buckets.length === 0 ? FIRST_MS : Math.min(...this.#buckets.map(({ leastMs }) => leastMs));
  }
}
