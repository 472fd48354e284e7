/** More is no feedback on what was sent lately: ten times what a second of 8 Mbps has. */
export const STATUSES_MAX = 8_192;
const PER_SECOND = 2 * STATUSES_MAX;

/**
 * How many packets one viewer may tell of: a message of 24 bytes can claim thousands, each of which costs this thread,
 * and with it all other viewers, as much as a true one.
 */
export class StatusBudget {
  #left = STATUSES_MAX;
  #countedAtMs: number | undefined;

  /** @param nowMs any clock that never goes back */
  left(nowMs: number): number {
    const earned = ((nowMs - (this.#countedAtMs ?? nowMs)) * PER_SECOND) / 1_000;
    this.#left = Math.min(STATUSES_MAX, this.#left + earned);
    this.#countedAtMs = nowMs;
    return Math.floor(this.#left);
  }

  spend(statuses: number): void {
    this.#left -= statuses;
  }
}
