import { type BackoffRange, backoffMs } from "../protocol/backoff.ts";

interface BackoffOptions extends Partial<BackoffRange> {
  /** 0..1; `Math.random` unless a test says otherwise. */
  random?: () => number;
}

/** Counts the attempts that {@link backoffMs} asks for. */
export class Backoff {
  readonly #range: BackoffRange;
  readonly #random: () => number;
  #attempt = 0;

  constructor({ firstMs = 250, maxMs = 8_000, random = Math.random }: BackoffOptions = {}) {
    this.#range = { firstMs, maxMs };
    this.#random = random;
  }

  /** How long to wait before the next attempt. */
  next(): number {
    return backoffMs(this.#range, this.#attempt++, this.#random());
  }

  reset(): void {
    this.#attempt = 0;
  }
}
