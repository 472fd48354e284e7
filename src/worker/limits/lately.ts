import { RATE_PERIOD_S } from "./period.ts";

/** Beyond this many the oldest are forgotten. */
const KEPT_MAX = 10_000;
const PERIOD_MS = RATE_PERIOD_S * 1_000;

/** What was noted within the last minute. Times are milliseconds since the Unix epoch. */
export class Lately {
  readonly #untilMs = new Map<string, number>();

  get isEmpty(): boolean {
    return this.#untilMs.size === 0;
  }

  note(key: string, nowMs: number): void {
    if (this.#untilMs.size >= KEPT_MAX) {
      const [oldest] = this.#untilMs.keys();
      if (oldest !== undefined) this.#untilMs.delete(oldest);
    }
    this.#untilMs.set(key, nowMs + PERIOD_MS);
  }

  has(key: string, nowMs: number): boolean {
    const untilMs = this.#untilMs.get(key);
    if (untilMs === undefined) return false;
    // Longer than anything is kept: the clock was set back.
    if (untilMs > nowMs && untilMs - nowMs <= PERIOD_MS) return true;
    this.#untilMs.delete(key);
    return false;
  }
}
