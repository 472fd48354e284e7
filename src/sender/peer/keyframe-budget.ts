/** A burst of losses asks a few times over; who goes on is answered as often as a second allows. */
const BURST = 4;
const INTERVAL_MS = 1_000;

/**
 * How many keyframes one viewer may ask for: each costs every other viewer bits, and one that asks without end would
 * leave them nothing but keyframes. Viewers repeat what is not answered.
 */
export class KeyframeBudget {
  #left = BURST;
  #countedAtMs = Number.NEGATIVE_INFINITY;

  /** @param nowMs any clock that never goes back @returns whether this request counts */
  spend(nowMs: number): boolean {
    const earned = Math.floor((nowMs - this.#countedAtMs) / INTERVAL_MS);
    if (earned > 0) {
      this.#left = Math.min(BURST, this.#left + earned);
      this.#countedAtMs = this.#left === BURST ? nowMs : this.#countedAtMs + earned * INTERVAL_MS;
    }
    if (this.#left === 0) return false;
    this.#left--;
    return true;
  }
}
