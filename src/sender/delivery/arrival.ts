/** Longer than a keyframe takes that is asked for when a viewer is put on a rung. */
const OVERDUE_MS = 1_000;
const OVERDUE_MAX_MS = 30_000;

/** Waits for a viewer's pictures to come from the rung that it was put on. Its keyframe may have been lost on the way. */
export class Arrival {
  #sinceMs: number | undefined;
  #waitMs = OVERDUE_MS;

  /**
   * To be called some ten times a second.
   * @param arrived they come from that rung
   * @param nowMs of any clock that never goes back
   * @returns whether to ask for a keyframe once more: after a second, then ever more rarely, for it costs all of the rung
   */
  isOverdue(arrived: boolean, nowMs: number): boolean {
    if (arrived) {
      this.#sinceMs = undefined;
      this.#waitMs = OVERDUE_MS;
      return false;
    }
    this.#sinceMs ??= nowMs;
    if (nowMs - this.#sinceMs < this.#waitMs) return false;
    this.#sinceMs = nowMs;
    this.#waitMs = Math.min(this.#waitMs * 2, OVERDUE_MAX_MS);
    return true;
  }
}
