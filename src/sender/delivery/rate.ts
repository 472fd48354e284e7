/** How fast something goes, over about the last `windowMs`; `nowMs` is any clock that never goes back. */
export class Rate {
  readonly #windowMs: number;
  #perMs = 0;
  #pending = 0;
  #atMs: number | undefined;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  add(amount: number): void {
    this.#pending += amount;
  }

  /** Per second; to be read at intervals, each reading takes in what was added since the last. */
  read(nowMs: number): number {
    const elapsedMs = nowMs - (this.#atMs ?? nowMs);
    if (this.#atMs === undefined) this.#atMs = nowMs;
    if (elapsedMs > 0) {
      const kept = Math.exp(-elapsedMs / this.#windowMs);
      this.#perMs = kept * this.#perMs + (1 - kept) * (this.#pending / elapsedMs);
      this.#pending = 0;
      this.#atMs = nowMs;
    }
    return this.#perMs * 1_000;
  }
}
