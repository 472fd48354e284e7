export interface BackoffOptions {
  firstMs?: number;
  maxMs?: number;
  /** 0..1; `Math.random` unless a test says otherwise. */
  random?: () => number;
}

/** Doubling waits with jitter, so that a fleet does not come back all at once. */
export class Backoff {
  readonly #firstMs: number;
  readonly #maxMs: number;
  readonly #random: () => number;
  #attempt = 0;

  constructor({ firstMs = 250, maxMs = 8_000, random = Math.random }: BackoffOptions = {}) {
    this.#firstMs = firstMs;
    this.#maxMs = maxMs;
    this.#random = random;
  }

  /** How long to wait before the next attempt: between half and all of the doubled step. */
  next(): number {
    const stepMs = Math.min(this.#maxMs, this.#firstMs * 2 ** this.#attempt++);
    return Math.round(stepMs * (0.5 + this.#random() / 2));
  }

  reset(): void {
    this.#attempt = 0;
  }
}
