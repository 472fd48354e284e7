import type { ViewerErrorCode } from "./errors.ts";

export const BACKOFF_MIN_MS = 250;
export const BACKOFF_MAX_MS = 8_000;

const PATIENT_MIN_MS = 4_000;
const PATIENT_MAX_MS = 30_000;
/** Tries at one pace, about a minute of them, before the pauses grow. */
const PATIENT_EVEN_TRIES = 15;
const PATIENT_GROWTH = 1.25;

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

/**
 * How long to wait where the owner has to do something first: {@link PATIENT_MIN_MS} for about a minute, then more each
 * time, so that a page that somebody forgot with an old link asks twice a minute and not fifteen times. A full session is
 * asked at one pace, for a place that is free is for whoever asks first.
 * @param attempt failures so far, from 0
 * @param random uniform in [0, 1); spreads the result by a quarter either way
 * @returns milliseconds
 */
export function patientMs(code: ViewerErrorCode | undefined, attempt: number, random: number): number {
  const growing = code === "session-full" ? 0 : Math.min(Math.max(0, attempt - PATIENT_EVEN_TRIES), 32);
  const paceMs = Math.min(PATIENT_MAX_MS, PATIENT_MIN_MS * PATIENT_GROWTH ** growing);
  return Math.round(paceMs * (0.75 + random / 2));
}
