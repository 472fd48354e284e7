import type * as v from "valibot";
import type { ErrorCode } from "../../protocol/errors.ts";
import {
  CreatedSession,
  CreateSession,
  IceReply,
  ListSessions,
  RotateLinks,
  SessionList,
  SessionStatus,
} from "../../protocol/http.ts";
import { VIEWER_HEADER } from "../../protocol/limits.ts";
import { JSON_TYPE, LINES_TYPE, SDP_TYPE, TRICKLE_TYPE } from "../../protocol/mime.ts";
import { PostedAnswer, PostOffer, WhepJsonAnswer, WhepJsonOffer } from "../../protocol/offer.ts";
import { PatchParameters } from "../../protocol/stream.ts";

type Schema = v.GenericSchema;

/** A body by its content types; `null` for one that is no JSON. */
export type Bodies = Record<string, Schema | null>;

export interface Operation {
  summary: string;
  /** Who may: the bearer token that it takes. */
  token?: "the publish key" | "any of the session's" | "the sender's, or the publish key" | "a link's" | "the WHEP one";
  query?: v.ObjectSchema<v.ObjectEntries, undefined>;
  /** Request headers with a meaning of their own. */
  headers?: Record<string, string>;
  body?: Bodies;
  replies: Record<number, { description: string; body?: Bodies; headers?: string[] }>;
  /** Beside those that follow from its token, body and place. */
  errors?: ErrorCode[];
}

const json = (schema: Schema): Bodies => ({ [JSON_TYPE]: schema });
const done = { 204: { description: "Done." } };

/** Every route under `/api`, as Hono names them; a test holds this equal to the routes that exist. */
export const OPERATIONS: Record<string, Operation> = {
  "GET /api/health": {
    summary: "Is the edge there, and of which version",
    replies: { 200: { description: "It is." } },
  },
  "GET /api/openapi.json": { summary: "This document", replies: { 200: { description: "OpenAPI 3.1." } } },
  "GET /api/sessions": {
    summary: "List the sessions that live, page by page",
    token: "the publish key",
    query: ListSessions,
    replies: { 200: { description: "One page.", body: json(SessionList) } },
  },
  "POST /api/sessions": {
    summary: "Create a session, or resume it as the holder of its sender token",
    token: "the publish key",
    body: json(CreateSession),
    replies: {
      200: { description: "Resumed.", body: json(CreatedSession) },
      201: { description: "Created.", body: json(CreatedSession) },
    },
    errors: ["bad-request", "session-exists", "session-ended"],
  },
  "GET /api/sessions/:id": {
    summary: "How a session is",
    token: "any of the session's",
    replies: {
      200: {
        description: "Its status; what its cameras are called is for the sender's token and the publish key alone.",
        body: json(SessionStatus),
      },
    },
  },
  "PATCH /api/sessions/:id": {
    summary: "Ask the sender for other stream parameters; `null` leaves one to the sender again",
    token: "the sender's, or the publish key",
    body: json(PatchParameters),
    replies: { 200: { description: "The status with what was asked for.", body: json(SessionStatus) } },
  },
  "DELETE /api/sessions/:id": {
    summary: "End the session for everybody",
    token: "the sender's, or the publish key",
    replies: done,
  },
  "GET /api/sessions/:id/ice": {
    summary: "ICE servers with fresh credentials",
    token: "any of the session's",
    headers: { [VIEWER_HEADER]: "The viewer that they are for, so that they are revoked when it leaves." },
    replies: { 200: { description: "Ask again within `iceTtlMs`.", body: json(IceReply) } },
  },
  "PUT /api/sessions/:id/links": {
    summary: "Replace links; holders of the old ones are told and dropped",
    token: "the sender's, or the publish key",
    body: json(RotateLinks),
    replies: done,
    errors: ["bad-request"],
  },
  "DELETE /api/sessions/:id/viewers/:viewer": {
    summary: "Throw a viewer out; only a new link keeps it out",
    token: "the sender's, or the publish key",
    replies: done,
  },
  "GET /api/sessions/:id/signal": {
    summary: "The signaling WebSocket",
    headers: { "Sec-WebSocket-Protocol": "sightline.1, token.TOKEN, and viewer.ID or sender.INSTANCE" },
    replies: { 101: { description: "Open. A refusal is an `error` message and a close code on the open socket." } },
    errors: ["bad-request"],
  },
  "POST /api/sessions/:id/offer": {
    summary: "A viewer's offer, while its socket still opens",
    token: "a link's",
    body: json(PostOffer),
    replies: {
      200: {
        description: "The camera's answer; in two lines where a standby goes before it.",
        body: { [JSON_TYPE]: PostedAnswer, [LINES_TYPE]: null },
      },
    },
    errors: [
      "bad-request",
      "origin-refused",
      "proof-refused",
      "sender-absent",
      "sender-failed",
      "sender-silent",
      "session-full",
      "replaced",
      "kicked",
      "link-rotated",
      "session-ended",
    ],
  },
  "GET /api/sessions/:id/whep": {
    summary: "Is this a WHEP endpoint",
    replies: { 200: { description: "It is.", headers: ["Accept-Post"] } },
  },
  "OPTIONS /api/sessions/:id/whep": {
    summary: "What the WHEP endpoint takes",
    replies: { 200: { description: "That.", headers: ["Allow", "Accept-Post"] } },
  },
  "POST /api/sessions/:id/whep": {
    summary: "A WHEP player's offer",
    token: "the WHEP one",
    body: { [SDP_TYPE]: null, [JSON_TYPE]: WhepJsonOffer },
    replies: {
      201: {
        description: "The answer, with every candidate.",
        body: { [SDP_TYPE]: null, [JSON_TYPE]: WhepJsonAnswer },
        headers: ["Location", "ETag", "Link", "Accept-Patch"],
      },
    },
    errors: [
      "bad-request",
      "not-acceptable",
      "unsupported-media-type",
      "conflict",
      "proof-refused",
      "sender-absent",
      "sender-failed",
      "sender-silent",
      "session-full",
      "kicked",
      "link-rotated",
      "session-ended",
    ],
  },
  "GET /api/sessions/:id/whep/:resource": {
    summary: "Is the player still here",
    token: "the WHEP one",
    replies: { 204: { description: "It is." } },
  },
  "OPTIONS /api/sessions/:id/whep/:resource": {
    summary: "What a player's resource takes",
    replies: { 200: { description: "That.", headers: ["Allow", "Accept-Patch"] } },
  },
  "PATCH /api/sessions/:id/whep/:resource": {
    summary: "A player's candidates",
    token: "the WHEP one",
    headers: { "If-Match": "The ETag of the ICE session." },
    body: { [TRICKLE_TYPE]: null },
    replies: { 204: { description: "Taken." } },
    errors: [
      "bad-request",
      "unsupported-media-type",
      "precondition-required",
      "precondition-failed",
      "ice-restart-refused",
      "sender-absent",
    ],
  },
  "DELETE /api/sessions/:id/whep/:resource": {
    summary: "A player leaves",
    token: "the WHEP one",
    replies: { 200: { description: "Gone." } },
  },
};
