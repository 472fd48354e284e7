import type { BackoffRange } from "../../protocol/backoff.ts";
import type { ViewerErrorCode } from "./errors.ts";

/** Between tries at what may work again at any time. */
export const RETRY: BackoffRange = { firstMs: 500, maxMs: 8_000 };

const PATIENT_MIN_MS = 4_000;
const PATIENT_MAX_MS = 30_000;
/** Tries at one pace, about a minute of them, before the pauses grow. */
const PATIENT_EVEN_TRIES = 15;
const PATIENT_GROWTH = 1.25;

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
