/** A browser sends some twenty in a second while it looks for a path, and later one or two. */
const PER_SECOND = 256;

/** How many signed checks of one viewer are answered: each costs two hashes and a datagram, and may have the sender check too. */
export class CheckBudget {
  #left = PER_SECOND;
  #countedAtMs: number | undefined;

  /** @param nowMs any clock that never goes back @returns whether this check counts */
  spend(nowMs: number): boolean {
    const earned = ((nowMs - (this.#countedAtMs ?? nowMs)) * PER_SECOND) / 1_000;
    this.#left = Math.min(PER_SECOND, this.#left + earned);
    this.#countedAtMs = nowMs;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
