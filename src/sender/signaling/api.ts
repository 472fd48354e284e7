import * as v from "valibot";
import { ErrorBody } from "../../protocol/errors.ts";
import { CreatedSession, type CreateSession, IceReply, type RotateLinks, SessionStatus } from "../../protocol/http.ts";
import { edgeError, type SenderError } from "../errors.ts";

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
  await call(edge, `/api/sessions/${sessionId}`, { method: "DELETE", headers }, END_TIMEOUT_MS);
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

interface EdgeReply {
  status: number;
  /** Not checked yet; `undefined` when the body was no JSON. */
  json: unknown;
}

async function call(edge: string, path: string, init: RequestInit, timeoutMs = TIMEOUT_MS): Promise<EdgeReply> {
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
  if (response.ok) return { status: response.status, json };
  throw refused(edge, response.status, json);
}

function expectBody<S extends v.GenericSchema>(schema: S, edge: string, { status, json }: EdgeReply): v.InferOutput<S> {
  const body = v.safeParse(schema, json);
  if (body.success) return body.output;
  throw refused(edge, status, json);
}

function unreachable(edge: string, cause: unknown, timeoutMs: number): SenderError {
  const timedOut = cause instanceof Error && cause.name === "TimeoutError";
  const why = timedOut ? `did not answer within ${timeoutMs / 1_000} s` : "cannot be reached";
  return edgeError("edge-unreachable", `The edge at ${edge} ${why}. Is it running, and is the address right?`, cause);
}

function refused(edge: string, status: number, json: unknown): SenderError {
  if (v.is(ErrorBody, json)) return edgeError(json.error.code, `The edge at ${edge} refused: ${json.error.message}`);
  const message = `What answers at ${edge} (HTTP ${status}) is no Sightline edge. Check --edge.`;
  return edgeError("edge-unreachable", message);
}
