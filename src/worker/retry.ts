import type { ErrorCode } from "../protocol/errors.ts";
import { RATE_PERIOD_S } from "./limits/period.ts";

/** Seconds after which trying again may help, for the Retry-After header (RFC 9110 section 10.2.3). */
const RETRY_AFTER_S: Partial<Record<ErrorCode, number>> = {
  "sender-absent": 2,
  "sender-silent": 1,
  "session-full": 10,
  conflict: 5,
  "rate-limited": RATE_PERIOD_S,
};

export function retryAfterS(code: ErrorCode): number | undefined {
  return RETRY_AFTER_S[code];
}
