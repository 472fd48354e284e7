import * as v from "valibot";
import { encode } from "../../protocol/codec.ts";
import { ErrorBody, ErrorCode, SightlineError } from "../../protocol/errors.ts";
import { SenderInstance, SessionId, Token, ViewerId } from "../../protocol/ids.ts";
import { SUBPROTOCOL, SUBPROTOCOL_SENDER, SUBPROTOCOL_TOKEN, SUBPROTOCOL_VIEWER } from "../../protocol/limits.ts";
import { hashToken } from "../../protocol/link.ts";
import type { Env } from "../env.ts";
import { countRefusal, requireNotGuessing } from "../limits/bad-tokens.ts";
import { requireAllowedOrigin } from "../limits/origin.ts";
import { requireWithin } from "../limits/rate.ts";
import { type Join, joinRequest } from "../session/join.ts";

/**
 * Opens a signaling WebSocket. A page cannot read the status of a refused upgrade, so a refusal is an open socket
 * with an `error` message and the error's close code. It is said here and not in the session, so that nobody who was
 * refused keeps a session awake.
 */
export async function openSignal(request: Request, env: Env, sessionId: string): Promise<Response> {
  if (request.headers.get("Upgrade")?.toLowerCase() !== "websocket") {
    throw new SightlineError("bad-request", "This address speaks WebSocket only. Open it with ws:// or wss://");
  }
  const offered = (request.headers.get("Sec-WebSocket-Protocol") ?? "").split(",").map((name) => name.trim());
  try {
    requireAllowedOrigin(request, env.ALLOWED_ORIGINS);
    requireNotGuessing(request, Date.now());
    await requireWithin(env.JOIN_LIMIT, request);
    const join = readSubprotocols(offered);
    if (!v.is(SessionId, sessionId)) throw new SightlineError("session-not-found");
    const answer = await env.SESSIONS.getByName(sessionId).fetch(joinRequest(join));
    if (answer.status === 101) return answer;
    throw await errorOf(answer);
  } catch (error) {
    const refusal = error instanceof SightlineError ? error : internal(error);
    return refuse(await countRefusal(refusal, env, request, Date.now()), offered);
  }
}

/** @throws SightlineError when the list does not say which version, token and peer this is */
function readSubprotocols(offered: string[]): Join {
  if (!offered.includes(SUBPROTOCOL)) {
    if (offered.some((name) => name.startsWith("sightline."))) throw new SightlineError("version-unsupported");
    throw new SightlineError("bad-request", `The WebSocket must offer the subprotocol ${SUBPROTOCOL}`);
  }
  const token = after(offered, SUBPROTOCOL_TOKEN);
  if (!v.is(Token, token)) throw new SightlineError("unauthorized");
  const tokenHash = hashToken(token);
  const viewer = after(offered, SUBPROTOCOL_VIEWER);
  if (v.is(ViewerId, viewer)) return { as: "viewer", viewer, tokenHash };
  const instance = after(offered, SUBPROTOCOL_SENDER);
  if (v.is(SenderInstance, instance)) return { as: "sender", instance, tokenHash };
  throw new SightlineError(
    "bad-request",
    `The WebSocket must offer the subprotocol ${SUBPROTOCOL_VIEWER}ID or ${SUBPROTOCOL_SENDER}INSTANCE as well.`,
  );
}

function after(offered: string[], prefix: string): string | undefined {
  return offered.find((name) => name.startsWith(prefix))?.slice(prefix.length);
}

function refuse(error: SightlineError, offered: string[]): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  server.send(encode({ type: "error", code: error.code, message: error.message }));
  server.close(error.close, error.code);
  // A browser drops a connection that picked none of what it offered, and with it the reason.
  const chosen = offered.find((name) => name.startsWith("sightline."));
  return new Response(null, {
    status: 101,
    webSocket: client,
    headers: chosen ? { "Sec-WebSocket-Protocol": chosen } : {},
  });
}

async function errorOf(answer: Response): Promise<SightlineError> {
  const body = v.safeParse(ErrorBody, await answer.json());
  const code = body.success ? body.output.error.code : undefined;
  return v.is(ErrorCode, code) && body.success
    ? new SightlineError(code, body.output.error.message)
    : new SightlineError("internal");
}

function internal(error: unknown): SightlineError {
  console.error("signal failed", error);
  return new SightlineError("internal");
}
