import { getPath } from "hono/utils/url";
import { SightlineError } from "../../protocol/errors.ts";
import { SUBPROTOCOL_TOKEN } from "../../protocol/limits.ts";
import { hashToken } from "../../protocol/link.ts";
import { addressKey, clientAddress } from "./address.ts";
import { Lately } from "./lately.ts";
import { type Limits, within } from "./rate.ts";

/*
 * Wrong tokens, by the address that they come from. Behind one address there may be a whole school, so a right token
 * gets through whatever else came from there. What is kept out is a wrong one that comes again and again, such as a
 * replaced link, and, where too many different ones came, the publish key: a person may have chosen that, so it could be
 * guessed, where tokens of sessions hold 128 random bits at least. The limiters can only count, not be asked, so this
 * instance of the Worker remembers their answers.
 */

/** A token that one address showed too often. */
const refused = new Lately();
/** A token that was counted already as a guess of that address. */
const counted = new Lately();
/** Who showed too many different ones. */
const guessing = new Lately();

// Of the path as it is routed by, decoded.
const SIGNAL_PATH = /^\/api\/sessions\/[^/]+\/signal$/;
const JOIN_PATH = /^\/api\/sessions\/([^/]+)\/(?:signal|offer|whep)(?:\/|$)/;

/**
 * What guesses are counted by. Joins count by session, so that a stale link to one costs nothing in another. Everything
 * else takes the publish key as well, and is counted together.
 */
function guesser(request: Request): string {
  const session = JOIN_PATH.exec(getPath(request))?.[1] ?? "";
  return `${addressKey(clientAddress(request))} ${session.slice(0, 64)}`;
}

/** Its token stands in the subprotocol list, and its refusal is told in frames. */
export function asksForSocket(request: Request): boolean {
  return SIGNAL_PATH.test(getPath(request));
}

/** @throws SightlineError `rate-limited` for a token that was refused too often where it comes from */
export function requireNotGuessing(request: Request, nowMs: number): void {
  const token = refused.isEmpty ? undefined : shownToken(request);
  if (token !== undefined && refused.has(guessOf(request, token), nowMs)) throw tooManyGuesses();
}

/** Whether so many different tokens were wrong that the publish key is not to be told from them. */
export function isGuessing(request: Request, nowMs: number): boolean {
  return guessing.has(guesser(request), nowMs);
}

/** @throws SightlineError `rate-limited` while {@link isGuessing}: the right key is answered as a wrong one is */
export function requireNoGuesses(request: Request, nowMs: number): void {
  if (isGuessing(request, nowMs)) throw tooManyGuesses();
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
  const token = shownToken(request);
  if (token === undefined) return error;
  const who = guesser(request);
  const guess = guessOf(request, token);
  const tooOften = !(await within(limits.BAD_TOKEN_LIMIT, guess));
  if (tooOften) refused.note(guess, nowMs);
  if (!counted.has(guess, nowMs)) {
    counted.note(guess, nowMs);
    if (!(await within(limits.BAD_TOKEN_LIMIT, who))) guessing.note(who, nowMs);
  }
  return tooOften || guessing.has(who, nowMs) ? tooManyGuesses() : error;
}

function guessOf(request: Request, token: string): string {
  return `${guesser(request)} ${hashToken(token).slice(0, 16)}`;
}

/**
 * Where that call is read for one, and nowhere else: what stands in the other place, such as a proxy's own password, is the
 * same with every guess. Whoever shows none guesses nothing.
 */
function shownToken(request: Request): string | undefined {
  const { headers } = request;
  if (!asksForSocket(request)) return headers.get("Authorization") ?? undefined;
  const offered = (headers.get("Sec-WebSocket-Protocol") ?? "").split(",").map((name) => name.trim());
  return offered.find((name) => name.startsWith(SUBPROTOCOL_TOKEN));
}

function tooManyGuesses(): SightlineError {
  return new SightlineError("rate-limited", "Too many wrong tokens from this address. Wait a minute and try again.");
}
