import * as v from "valibot";
import { SightlineError } from "../../protocol/errors.ts";
import { SenderInstance, TokenHash, ViewerId } from "../../protocol/ids.ts";
import { SUBPROTOCOL } from "../../protocol/limits.ts";
import type { Attachment } from "./attachment.ts";
import { newMeter } from "./meter.ts";
import { bearerOf, type SessionRecord } from "./record.ts";

/** What the Worker read from an upgrade's subprotocol list, on its way to the session. */
export const Join = v.variant("as", [
  v.object({ as: v.literal("viewer"), viewer: ViewerId, tokenHash: TokenHash }),
  v.object({ as: v.literal("sender"), instance: SenderInstance, tokenHash: TokenHash }),
]);
export type Join = v.InferOutput<typeof Join>;

/** Between Worker and Durable Object alone; what a client sends under this name never gets through. */
const JOIN_HEADER = "Sightline-Join";

export function joinRequest(join: Join): Request {
  return new Request("https://session/", {
    headers: { Upgrade: "websocket", "Sec-WebSocket-Protocol": SUBPROTOCOL, [JOIN_HEADER]: JSON.stringify(join) },
  });
}

export function readJoin(request: Request): Join {
  return v.parse(Join, JSON.parse(request.headers.get(JOIN_HEADER) ?? "null"));
}

/**
 * What the newcomer is, by its token.
 * @throws SightlineError `unauthorized` for a token that is not this session's, `forbidden` for one of another kind
 */
export function admit(record: SessionRecord, join: Join, nowMs: number): Attachment {
  const bearer = bearerOf(record, join.tokenHash);
  if (!bearer) throw new SightlineError("unauthorized", join.as === "sender" ? takenFrom(record.id) : undefined);
  if (join.as === "sender") {
    if (bearer !== "sender") throw new SightlineError("forbidden", "Only the sender token may join as the sender.");
    return { kind: "sender", instance: join.instance, connectedAtMs: nowMs, report: null };
  }
  if (bearer !== "viewer" && bearer !== "operator") {
    throw new SightlineError("forbidden", "Only a viewer's or operator's link may join as a viewer.");
  }
  return { kind: "viewer", viewer: join.viewer, role: bearer, connectedAtMs: nowMs, meter: newMeter(nowMs) };
}

/** To a sender, whose token was this session's when it made it. */
function takenFrom(id: string): string {
  return `This token is not valid for session ${id}: another sender has it. Choose another id with --session, or end that session with the publish key (DELETE /api/sessions/${id}).`;
}
