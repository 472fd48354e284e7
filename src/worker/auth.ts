import { sha256 } from "@noble/hashes/sha2.js";
import { equalBytes, utf8 } from "../protocol/bytes.ts";
import { SightlineError } from "../protocol/errors.ts";
import { hashToken } from "../protocol/link.ts";
import { PUBLISH_KEY_MAX_CHARS } from "../protocol/publish-key.ts";
import type { Env } from "./env.ts";
import { isGuessing, requireNoGuesses } from "./limits/bad-tokens.ts";
import { publishKeyOf } from "./publish-key.ts";
import type { Caller } from "./session/record.ts";

/** RFC 6750 section 2.1; longer than any token of ours is not worth hashing. */
const BEARER = new RegExp(`^Bearer +([\\x21-\\x7e]{1,${PUBLISH_KEY_MAX_CHARS}}) *$`, "i");

/**
 * Who asks, by the `Authorization` header. Only digests leave here: the session compares them with what it stores.
 * @throws SightlineError `unauthorized` without a bearer token
 */
export function callerOf(request: Request, env: Env): Caller {
  const token = bearer(request);
  if (token === undefined) {
    throw new SightlineError("unauthorized", "This needs a token: Authorization: Bearer TOKEN");
  }
  const publisher = isPublishKey(token, publishKeyOf(env).key) && !isGuessing(request, Date.now());
  return { tokenHash: hashToken(token), publisher };
}

/**
 * Lets only the deployment's publisher pass.
 * @throws SightlineError `publish-key-unset`, `publish-key-refused`, or `rate-limited` where too many were tried
 */
export function requirePublishKey(request: Request, env: Env): void {
  const { key, fault } = publishKeyOf(env);
  if (key === undefined) throw new SightlineError("publish-key-unset", fault);
  requireNoGuesses(request, Date.now());
  if (!isPublishKey(bearer(request), key)) throw new SightlineError("publish-key-refused");
}

function bearer(request: Request): string | undefined {
  return BEARER.exec(request.headers.get("Authorization") ?? "")?.[1];
}

/** Over digests, so that neither the key's length nor its first wrong character shows in the time taken. */
function isPublishKey(given: string | undefined, key: string | undefined): boolean {
  return !!key && given !== undefined && equalBytes(sha256(utf8(given)), sha256(utf8(key)));
}
