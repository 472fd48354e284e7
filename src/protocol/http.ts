import * as v from "valibot";
import { IceIncomplete, IceServers, IceTtl } from "./ice.ts";
import { SenderInstance, SessionId, Token, TokenHash } from "./ids.ts";
import { SESSION_TTL_MAX_MS, SESSION_TTL_MIN_MS, VIEWERS_HARD_MAX } from "./limits.ts";
import { CameraReport, SenderReport, StreamParameters } from "./stream.ts";

/** Bodies of the HTTP API. Times are milliseconds since the Unix epoch. */

const EpochMs = v.pipe(v.number(), v.integer(), v.minValue(0));

/** `POST /api/sessions`. The sender's token comes as itself, to show that its holder asks; the edge keeps its hash. */
export const CreateSession = v.object({
  id: v.optional(SessionId),
  senderToken: Token,
  viewerTokenHash: TokenHash,
  operatorTokenHash: TokenHash,
  /** Set to turn WHEP on. */
  whepTokenHash: v.optional(TokenHash),
  /** The session ends this long after its creation, in milliseconds; it never ends by itself when absent. */
  ttlMs: v.optional(v.pipe(v.number(), v.integer(), v.minValue(SESSION_TTL_MIN_MS), v.maxValue(SESSION_TTL_MAX_MS))),
  maxViewers: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(VIEWERS_HARD_MAX))),
  /** Asked of the stream from the first. One that is taken up again keeps its own. */
  parameters: v.optional(StreamParameters),
});
export type CreateSession = v.InferOutput<typeof CreateSession>;

/**
 * `PUT /api/sessions/ID/links`: new token hashes for the links that shall change. Who holds an old one is told and
 * dropped. `whepTokenHash: null` turns WHEP off.
 */
export const RotateLinks = v.object({
  viewerTokenHash: v.optional(TokenHash),
  operatorTokenHash: v.optional(TokenHash),
  whepTokenHash: v.optional(v.nullable(TokenHash)),
});
export type RotateLinks = v.InferOutput<typeof RotateLinks>;

/** When a session is, by the edge's clock. */
const span = { createdAtMs: EpochMs, expiresAtMs: v.nullable(EpochMs) };

/** 201 for a new session, 200 for one resumed by the holder of its sender token. */
export const CreatedSession = v.object({
  id: SessionId,
  ...span,
  /** What is left until `expiresAtMs`, in milliseconds: for a sender whose clock may be another. */
  expiresInMs: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
});
export type CreatedSession = v.InferOutput<typeof CreatedSession>;

/** `GET /api/sessions/ID`. */
export const SessionStatus = v.object({
  id: SessionId,
  ...span,
  /** The sender that is here now, or `null`. */
  sender: v.nullable(SenderInstance),
  /** Since when, or `null`. */
  senderSinceMs: v.nullable(EpochMs),
  viewers: v.number(),
  maxViewers: v.number(),
  whep: v.boolean(),
  parameters: StreamParameters,
  report: v.nullable(SenderReport),
});
export type SessionStatus = v.InferOutput<typeof SessionStatus>;

/** `GET /api/sessions`: query parameters, which are text. */
export const ListSessions = v.object({
  /** `nextCursor` of the page before. */
  cursor: v.optional(SessionId),
  limit: v.optional(v.pipe(v.string(), v.regex(/^([1-9]|[1-4][0-9]|50)$/, "A page has 1 to 50 sessions"))),
});
export type ListSessions = v.InferOutput<typeof ListSessions>;

/** A session in a list. */
export const SessionSummary = v.object({
  id: SessionId,
  ...span,
  /** False when the session could not be asked; what follows is then unknown and empty. */
  reachable: v.boolean(),
  /** Since when its sender is here, or `null` while none is. */
  senderSinceMs: v.nullable(EpochMs),
  viewers: v.number(),
  cameras: v.array(CameraReport),
});
export type SessionSummary = v.InferOutput<typeof SessionSummary>;

/** Sessions that live, by id. A page may hold fewer than were asked for, even none, before the last. */
export const SessionList = v.object({ sessions: v.array(SessionSummary), nextCursor: v.nullable(SessionId) });
export type SessionList = v.InferOutput<typeof SessionList>;

/** `GET /api/sessions/ID/ice`. */
export const IceReply = v.object({
  iceServers: IceServers,
  iceTtlMs: v.optional(IceTtl),
  iceIncomplete: v.optional(IceIncomplete),
});
export type IceReply = v.InferOutput<typeof IceReply>;
