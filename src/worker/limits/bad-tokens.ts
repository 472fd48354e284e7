import { SightlineError } from "../../protocol/errors.ts";
import { SUBPROTOCOL_TOKEN } from "../../protocol/limits.ts";
import { addressKey, clientAddress } from "./address.ts";
import { type Limits, RATE_PERIOD_S, within } from "./rate.ts";

/** Addresses that are kept out; beyond this many the oldest are let in again. */
const BLOCKED_MAX = 10_000;

/**
 * Who guessed too often, until when (milliseconds since the Unix epoch). The limiter can only count, not be asked, so
 * this instance of the Worker remembers its answer: from then on even a right guess is refused, and tells nothing.
 */
const blocked = new Map<string, number>();

const JOIN_PATH = /^\/api\/sessions\/([^/]+)\/(?:signal|offer|whep)(?:\/|$)/;

/**
 * What guesses are counted by. Joins count by session, so that a stale link to one keeps nobody behind the same
 * address out of another. Everything else takes the publish key as well, and is counted together.
 */
function guessKey(request: Request): string {
  const session = JOIN_PATH.exec(new URL(request.url).pathname)?.[1] ?? "";
  return `${addressKey(clientAddress(request))} ${session.slice(0, 64)}`;
}

/** @throws SightlineError `rate-limited` for an address whose tokens were refused too often */
export function requireNotGuessing(request: Request, nowMs: number): void {
  const key = guessKey(request);
  const untilMs = blocked.get(key);
  if (untilMs === undefined) return;
  // Longer than anybody is kept out: the clock was set back.
  if (untilMs > nowMs && untilMs - nowMs <= RATE_PERIOD_S * 1_000) throw tooManyGuesses();
  blocked.delete(key);
}

/**
 * Counts a refusal when it is one of a token.
 * @returns the same error, or `rate-limited` in its place once there were too many
 */
export async function countRefusal(
  error: SightlineError,
  limits: Limits,
  request: Request,
  nowMs: number,
): Promise<SightlineError> {
  if (error.code !== "unauthorized" && error.code !== "publish-key-refused") return error;
  if (!showsToken(request)) return error;
  const key = guessKey(request);
  if (await within(limits.BAD_TOKEN_LIMIT, key)) return error;
  if (blocked.size >= BLOCKED_MAX) {
    for (const oldest of blocked.keys()) {
      blocked.delete(oldest);
      break;
    }
  }
  blocked.set(key, nowMs + RATE_PERIOD_S * 1_000);
  return tooManyGuesses();
}

/** Whoever shows none guesses nothing. */
function showsToken({ headers }: Request): boolean {
  return headers.has("Authorization") || (headers.get("Sec-WebSocket-Protocol") ?? "").includes(SUBPROTOCOL_TOKEN);
}

function tooManyGuesses(): SightlineError {
  return new SightlineError("rate-limited", "Too many wrong tokens from this address. Wait a minute and try again.");
}
