import * as v from "valibot";
import { CreatedSession, type CreateSession, IceReply, type RotateLinks, SessionStatus } from "../../protocol/http.ts";
import { type EdgeReply, refused, unreachable } from "./edge-failure.ts";

const TIMEOUT_MS = 10_000;
/** Nobody waits long for a good-bye. */
const END_TIMEOUT_MS = 2_000;

/**
 * Creates the session on the edge, or takes it up again as the holder of its sender token.
 * @param signal gives up waiting for an edge that is slow
 * @throws SenderError of reason `edge`: unreachable, or refused with the edge's own sentence
 */
export async function createSession(
  edge: string,
  publishKey: string,
  body: CreateSession,
  signal?: AbortSignal,
): Promise<CreatedSession> {
  const reply = await call(edge, "/api/sessions", {
    ...(signal ? { signal } : {}),
    showsPublishKey: true,
    method: "POST",
    headers: { authorization: `Bearer ${publishKey}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return expectBody(CreatedSession, edge, reply);
}

/**
 * Ends a session: its links die and whoever watches is told.
 * @throws SenderError of reason `edge`
 */
export async function endSession(edge: string, sessionId: string, senderToken: string): Promise<void> {
  const headers = { authorization: `Bearer ${senderToken}` };
  await call(edge, `/api/sessions/${sessionId}`, { method: "DELETE", headers, timeoutMs: END_TIMEOUT_MS });
}

/** @throws SenderError of reason `edge` */
export async function sessionStatus(edge: string, sessionId: string, senderToken: string): Promise<SessionStatus> {
  const headers = { authorization: `Bearer ${senderToken}` };
  return expectBody(SessionStatus, edge, await call(edge, `/api/sessions/${sessionId}`, { headers }));
}

/** ICE servers with fresh credentials for the sender. @throws SenderError of reason `edge` */
export async function fetchIce(edge: string, sessionId: string, senderToken: string): Promise<IceReply> {
  const headers = { authorization: `Bearer ${senderToken}` };
  return expectBody(IceReply, edge, await call(edge, `/api/sessions/${sessionId}/ice`, { headers }));
}

/** Replaces link tokens. @throws SenderError of reason `edge` */
export async function putLinks(edge: string, sessionId: string, senderToken: string, body: RotateLinks): Promise<void> {
  await call(edge, `/api/sessions/${sessionId}/links`, {
    method: "PUT",
    headers: { authorization: `Bearer ${senderToken}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

/** Removes one viewer, who may come back while its link works. @throws SenderError of reason `edge` */
export async function kickViewer(edge: string, sessionId: string, senderToken: string, viewer: string): Promise<void> {
  const headers = { authorization: `Bearer ${senderToken}` };
  await call(edge, `/api/sessions/${sessionId}/viewers/${encodeURIComponent(viewer)}`, { method: "DELETE", headers });
}

interface Call extends RequestInit {
  timeoutMs?: number;
  /** Not a session's own token. */
  showsPublishKey?: boolean;
}

async function call(
  edge: string,
  path: string,
  { timeoutMs = TIMEOUT_MS, showsPublishKey, ...init }: Call,
): Promise<EdgeReply> {
  let response: Response;
  try {
    response = await fetch(new URL(path, edge), {
      ...init,
      redirect: "manual",
      signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(init.signal ? [init.signal] : [])]),
    });
  } catch (cause) {
    throw unreachable(edge, cause, timeoutMs);
  }
  const json: unknown = await response.json().catch(() => undefined);
  const reply = { status: response.status, json, location: response.headers.get("location") };
  if (response.ok) return reply;
  throw refused(edge, reply, showsPublishKey);
}

function expectBody<S extends v.GenericSchema>(schema: S, edge: string, reply: EdgeReply): v.InferOutput<S> {
  const body = v.safeParse(schema, reply.json);
  if (body.success) return body.output;
  throw refused(edge, reply);
}
