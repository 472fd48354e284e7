const BURST = 3;
const REFILL_MS = 1_500;

/**
 * How often one viewer may ask for a keyframe, which costs all others bits too: a few times in a row, and then now and
 * then. `nowMs` is any clock that never goes back.
 */
export class KeyframeBudget {
  #tokens = BURST;
  #atMs: number | undefined;

  take(nowMs: number): boolean {
    this.#tokens = Math.min(BURST, this.#tokens + (nowMs - (this.#atMs ?? nowMs)) / REFILL_MS);
    this.#atMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
