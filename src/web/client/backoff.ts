export const BACKOFF_MIN_MS = 250;
export const BACKOFF_MAX_MS = 8_000;

/**
 * How long to wait before trying again: doubling, and spread over the upper half so that the viewers of
 * an edge that restarted do not all come back in the same instant.
 * @param attempt failures so far, from 0
 * @param random uniform in [0, 1)
 * @returns milliseconds, {@link BACKOFF_MIN_MS} to {@link BACKOFF_MAX_MS}
 */
export function backoffMs(attempt: number, random: number): number {
  const ceilingMs = Math.min(BACKOFF_MAX_MS, 2 * BACKOFF_MIN_MS * 2 ** Math.min(attempt, 16));
  return Math.round((ceilingMs / 2) * (1 + random));
}
