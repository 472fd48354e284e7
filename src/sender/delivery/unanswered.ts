/** Since when a viewer owes a word: silence tells nothing while there is nothing to be answered. Times are of one clock. */
export class Unanswered {
  #lastSentAtMs = Number.NEGATIVE_INFINITY;
  #sinceMs = Number.NEGATIVE_INFINITY;

  sent(atMs: number, lastHeardAtMs: number): void {
    // After a long pause the first packet begins the wait, not the silence before it.
    if (this.#lastSentAtMs <= lastHeardAtMs) this.#sinceMs = atMs;
    this.#lastSentAtMs = atMs;
  }

  sinceMs(lastHeardAtMs: number): number | undefined {
    return this.#lastSentAtMs > lastHeardAtMs ? this.#sinceMs : undefined;
  }
}
