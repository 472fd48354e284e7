/** How much one viewer may ask for: so many at once, and then so many a second. `nowMs` is any clock that never goes back. */
export class Budget {
  readonly #most: number;
  readonly #perSecond: number;
  #left: number;
  #countedAtMs: number | undefined;

  constructor(most: number, perSecond: number) {
    this.#most = most;
    this.#perSecond = perSecond;
    this.#left = most;
  }

  left(nowMs: number): number {
    const earned = ((nowMs - (this.#countedAtMs ?? nowMs)) * this.#perSecond) / 1_000;
    this.#left = Math.min(this.#most, this.#left + earned);
    this.#countedAtMs = nowMs;
    return Math.floor(this.#left);
  }

  /** @returns whether there were so many left; none are taken otherwise */
  spend(nowMs: number, count = 1): boolean {
    if (this.left(nowMs) < count) return false;
    this.#left -= count;
    return true;
  }
}
