/** Feedback comes at least four times a second while packets do. */
const FIRST_MS = 600;
const AGAIN_MS = 500;
const KEPT = 0.6;

/**
 * What is left of the rate while packets leave and nothing is heard of them: the link may be gone, and each packet more
 * is one to wait for when it comes back.
 */
export class Silence {
  #heardAtMs: number | undefined;
  #reducedAtMs = Number.NEGATIVE_INFINITY;
  #endedAtMs = Number.NEGATIVE_INFINITY;
  #lasts = false;

  /** It took the rate down, and nothing was heard since. */
  get lasts(): boolean {
    return this.#lasts;
  }

  /** When the last one was over that took the rate down. */
  get endedAtMs(): number {
    return this.#endedAtMs;
  }

  onFeedback(nowMs: number): void {
    if (this.#lasts) this.#endedAtMs = nowMs;
    this.#lasts = false;
    this.#heardAtMs = nowMs;
  }

  /**
   * @param waiting packets are under way, and leave
   * @returns the share of the rate to be kept from now on; 1 when all is well
   */
  tick(waiting: boolean, rttMs: number, nowMs: number): number {
    if (this.#heardAtMs === undefined) return 1;
    if (!waiting) {
      this.#heardAtMs = nowMs;
      return 1;
    }
    const silentMs = nowMs - this.#heardAtMs;
    if (silentMs < FIRST_MS + 2 * rttMs || nowMs - this.#reducedAtMs < AGAIN_MS) return 1;
    this.#reducedAtMs = nowMs;
    this.#lasts = true;
    return KEPT;
  }
}
