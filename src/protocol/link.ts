import { sha256 } from "@noble/hashes/sha2.js";
import { fromBase64Url, randomToken, toBase64Url, utf8 } from "./bytes.ts";
import { SightlineError } from "./errors.ts";
import { isSessionId, type Role } from "./ids.ts";
import { expandLinkSecret, type LinkKeys } from "./link-keys.ts";

export type { LinkKeys } from "./link-keys.ts";

const SECRET_BYTES = 16;
const OPERATOR_PREFIX = "operator.";

/** What a link says: which session, in which role, and the secret that only the two ends know. */
export interface Link {
  /** Where the edge is, such as `https://example.com`. */
  origin: string;
  sessionId: string;
  role: Role;
  /** 128 bits, base64url. */
  secret: string;
}

export function makeLinkSecret(): string {
  return randomToken(SECRET_BYTES);
}

/** @throws SightlineError `bad-request` for a secret that is not 128 bits */
export function deriveLinkKeys(sessionId: string, role: Role, secret: string): LinkKeys {
  const bytes = fromBase64Url(secret);
  if (bytes?.length !== SECRET_BYTES) throw new SightlineError("bad-request", "The link's secret is incomplete.");
  return expandLinkSecret(sessionId, role, bytes);
}

/** What the edge stores of a token. */
export function hashToken(token: string): string {
  return toBase64Url(sha256(utf8(token)));
}

/** `https://HOST/s/ID#SECRET`; an operator's secret is marked so that nobody pastes it unaware. */
export function formatLink(link: Link): string {
  const marker = link.role === "operator" ? OPERATOR_PREFIX : "";
  return `${link.origin}/s/${link.sessionId}#${marker}${link.secret}`;
}

/**
 * Reads a session link.
 * @throws SightlineError `bad-request` with a sentence that says which part of the link is wrong
 */
export function parseLink(text: string): Link {
  const url = toUrl(text);
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw new SightlineError("bad-request", "A link starts with https:// or http://");
  }
  const sessionId = /^\/s\/([^/]+)\/?$/.exec(url.pathname)?.[1] ?? "";
  if (!isSessionId(sessionId)) {
    throw new SightlineError("bad-request", "The link has no session id after /s/. Copy the whole link.");
  }
  const fragment = url.hash.slice(1);
  const role: Role = fragment.startsWith(OPERATOR_PREFIX) ? "operator" : "viewer";
  const secret = role === "operator" ? fragment.slice(OPERATOR_PREFIX.length) : fragment;
  if (secret === "") {
    throw new SightlineError("bad-request", "The link has lost its secret, the part after #. Copy the whole link.");
  }
  if (fromBase64Url(secret)?.length !== SECRET_BYTES) {
    throw new SightlineError("bad-request", "The link's secret, the part after #, is damaged. Copy the whole link.");
  }
  return { origin: url.origin, sessionId, role, secret };
}

/** Not by `URL.canParse`, which browsers of 2023 lack. */
function toUrl(text: string): URL {
  try {
    return new URL(text);
  } catch {
    // Without its cause, which would carry the whole text, secret and all.
    throw new SightlineError("bad-request", "This is not a link. It looks like https://HOST/s/SESSION#SECRET");
  }
}
