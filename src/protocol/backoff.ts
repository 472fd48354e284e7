export interface BackoffRange {
  firstMs: number;
  maxMs: number;
}

/**
 * How long to wait before trying again: doubling, and spread over the upper half, so that those whom one failure hit do
 * not all come back in the same instant.
 * @param attempt failures so far, from 0
 * @param random uniform in [0, 1)
 * @returns milliseconds, half of `firstMs` to `maxMs`
 */
export function backoffMs({ firstMs, maxMs }: BackoffRange, attempt: number, random: number): number {
  const stepMs = Math.min(maxMs, firstMs * 2 ** attempt);
  return Math.round((stepMs / 2) * (1 + random));
}
