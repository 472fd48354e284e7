import * as v from "valibot";
import { equalBytes, utf8 } from "../../protocol/bytes.ts";
import { SightlineError } from "../../protocol/errors.ts";
import type { CreateSession, RotateLinks } from "../../protocol/http.ts";
import { type Role, SessionId, TokenHash } from "../../protocol/ids.ts";
import { VIEWERS_DEFAULT_MAX } from "../../protocol/limits.ts";
import { StreamParameters } from "../../protocol/stream.ts";

/** What a session keeps on disk, one row. No token or secret, only hashes of tokens. */
export const SessionRecord = v.object({
  id: SessionId,
  createdAtMs: v.number(),
  expiresAtMs: v.nullable(v.number()),
  maxViewers: v.number(),
  senderTokenHash: TokenHash,
  viewerTokenHash: TokenHash,
  operatorTokenHash: TokenHash,
  whepTokenHash: v.optional(TokenHash),
  parameters: StreamParameters,
  /** See lifetime.ts. */
  senderlessSinceMs: v.optional(v.number()),
});
export type SessionRecord = v.InferOutput<typeof SessionRecord>;

/** A creation as the session sees it: the id settled, the sender's token reduced to its hash. */
export type Creation = Omit<CreateSession, "senderToken" | "id"> & { id: string; senderTokenHash: string };

/** Who makes an HTTP call: the hash of the bearer token, and whether that token is the publish key. */
export interface Caller {
  tokenHash: string;
  publisher: boolean;
}

/** What a token of a session makes of its bearer. */
export type Bearer = Role | "sender" | "whep";

export function newRecord(creation: Creation, nowMs: number): SessionRecord {
  return requireDistinct({
    id: creation.id,
    createdAtMs: nowMs,
    ...limitsOf(creation, nowMs),
    senderTokenHash: creation.senderTokenHash,
    viewerTokenHash: creation.viewerTokenHash,
    operatorTokenHash: creation.operatorTokenHash,
    whepTokenHash: creation.whepTokenHash,
    parameters: creation.parameters ?? {},
  });
}

/**
 * The record after its owner created it again. Its lifetime still counts from the first creation, so that a sender
 * that reconnects does not prolong it.
 * @throws SightlineError `session-exists` for anybody else
 */
export function resumeRecord(record: SessionRecord, creation: Creation): SessionRecord {
  if (!equalHashes(record.senderTokenHash, creation.senderTokenHash)) throw new SightlineError("session-exists");
  return requireDistinct({
    ...record,
    senderlessSinceMs: undefined,
    ...limitsOf(creation, record.createdAtMs),
    viewerTokenHash: creation.viewerTokenHash,
    operatorTokenHash: creation.operatorTokenHash,
    whepTokenHash: creation.whepTokenHash,
  });
}

export function rotateRecord(record: SessionRecord, links: RotateLinks): SessionRecord {
  return requireDistinct({
    ...record,
    viewerTokenHash: links.viewerTokenHash ?? record.viewerTokenHash,
    operatorTokenHash: links.operatorTokenHash ?? record.operatorTokenHash,
    whepTokenHash: links.whepTokenHash === undefined ? record.whepTokenHash : (links.whepTokenHash ?? undefined),
  });
}

/** Roles whose link is another one in `after`; `whep` also when WHEP was turned off. */
export function rotatedRoles(before: SessionRecord, after: SessionRecord): (Role | "whep")[] {
  const roles: (Role | "whep")[] = [];
  if (before.viewerTokenHash !== after.viewerTokenHash) roles.push("viewer");
  if (before.operatorTokenHash !== after.operatorTokenHash) roles.push("operator");
  if (before.whepTokenHash !== undefined && before.whepTokenHash !== after.whepTokenHash) roles.push("whep");
  return roles;
}

export function hasExpired(record: SessionRecord, nowMs: number): boolean {
  return record.expiresAtMs !== null && record.expiresAtMs <= nowMs;
}

/** What the token behind `tokenHash` makes of its bearer; takes the same time whichever it is. */
export function bearerOf(record: SessionRecord, tokenHash: string): Bearer | undefined {
  const known: [Bearer, string | undefined][] = [
    ["sender", record.senderTokenHash],
    ["operator", record.operatorTokenHash],
    ["viewer", record.viewerTokenHash],
    ["whep", record.whepTokenHash],
  ];
  const matches = known.map(([, hash]) => hash !== undefined && equalHashes(hash, tokenHash));
  return known[matches.indexOf(true)]?.[0];
}

/**
 * What the caller is; who holds the publish key may do what the sender may.
 * @throws SightlineError `unauthorized` unless the caller holds any token of the session, or the publish key
 */
export function requireMember(record: SessionRecord, caller: Caller): Bearer {
  const bearer = caller.publisher ? "sender" : bearerOf(record, caller.tokenHash);
  // A member need not have come by a link.
  if (!bearer) throw new SightlineError("unauthorized", `This token is not valid for session ${record.id}.`);
  return bearer;
}

/** @throws SightlineError `unauthorized` or `forbidden` unless the caller holds the sender token or the publish key */
export function requireOwner(record: SessionRecord, caller: Caller): void {
  requireMember(record, caller);
  if (caller.publisher || bearerOf(record, caller.tokenHash) === "sender") return;
  throw new SightlineError("forbidden", "Only the session's sender token or the publish key allows that.");
}

/**
 * The role of who came by a link.
 * @throws SightlineError `unauthorized`, or `forbidden` for a token of the session that is of no link
 */
export function requireLink(record: SessionRecord, { tokenHash }: Caller): Role {
  const bearer = bearerOf(record, tokenHash);
  if (!bearer) throw new SightlineError("unauthorized");
  if (bearer === "viewer" || bearer === "operator") return bearer;
  throw new SightlineError("forbidden", "Only a viewer's or operator's link may do that.");
}

/** @throws SightlineError `whep-off`, `unauthorized` or `forbidden` unless the caller holds the session's WHEP token */
export function requireWhep(record: SessionRecord, { tokenHash }: Caller): void {
  if (record.whepTokenHash === undefined) throw new SightlineError("whep-off");
  const bearer = bearerOf(record, tokenHash);
  if (!bearer) throw new SightlineError("unauthorized", "The WHEP token is not valid for this session.");
  if (bearer !== "whep") throw new SightlineError("forbidden", "Only the session's WHEP token may do that.");
}

function limitsOf(creation: Creation, createdAtMs: number): Pick<SessionRecord, "expiresAtMs" | "maxViewers"> {
  return {
    expiresAtMs: creation.ttlMs === undefined ? null : createdAtMs + creation.ttlMs,
    maxViewers: creation.maxViewers ?? VIEWERS_DEFAULT_MAX,
  };
}

/** Equal hashes would make one token mean two roles, so that a viewer's link would do what an operator's does. */
function requireDistinct(record: SessionRecord): SessionRecord {
  const { senderTokenHash, viewerTokenHash, operatorTokenHash, whepTokenHash } = record;
  const hashes = [senderTokenHash, viewerTokenHash, operatorTokenHash, whepTokenHash].filter((hash) => hash);
  if (new Set(hashes).size === hashes.length) return record;
  throw new SightlineError("bad-request", "The session's tokens must all differ from one another.");
}

/** Takes the same time wherever they differ. */
export function equalHashes(a: string, b: string): boolean {
  return equalBytes(utf8(a), utf8(b));
}
