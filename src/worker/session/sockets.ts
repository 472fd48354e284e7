import * as v from "valibot";
import { Attachment } from "./attachment.ts";
import { Kicks } from "./kicks.ts";
import type { HttpRoster, Roster, SenderPeer, ViewerPeer } from "./roster.ts";

const SENDER_TAG = "sender";
const VIEWER_TAG = "viewer";

export function tagsOf(attachment: Attachment): string[] {
  return attachment.kind === "sender" ? [SENDER_TAG] : [VIEWER_TAG, `${VIEWER_TAG}:${attachment.viewer}`];
}

/** The roster of a Durable Object, read from its sockets each time it is asked. */
export function socketRoster(ctx: DurableObjectState, http: HttpRoster, except?: WebSocket): Roster<WebSocket> {
  const viewers = (tag: string) =>
    peers(ctx, tag, except).filter((peer): peer is ViewerPeer<WebSocket> => peer.attachment.kind === "viewer");
  return {
    senders: () =>
      peers(ctx, SENDER_TAG, except).filter((peer): peer is SenderPeer<WebSocket> => peer.attachment.kind === "sender"),
    viewers: () => viewers(VIEWER_TAG),
    viewer: (id) => viewers(`${VIEWER_TAG}:${id}`),
    kicked: () => new Kicks(ctx.storage.kv).list(),
    http,
  };
}

/** What a socket is, or `undefined` for one that was refused or already said goodbye to. */
export function attachmentOf(socket: WebSocket): Attachment | undefined {
  const result = v.safeParse(Attachment, socket.deserializeAttachment());
  return result.success ? result.output : undefined;
}

function peers(ctx: DurableObjectState, tag: string, except?: WebSocket) {
  return ctx
    .getWebSockets(tag)
    .flatMap((socket) => {
      // Sockets that have closed stay listed for a while.
      if (socket === except || socket.readyState !== WebSocket.OPEN) return [];
      const attachment = attachmentOf(socket);
      if (!attachment) return [];
      const pongMs = ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? 0;
      return [{ socket, attachment, lastSeenMs: Math.max(attachment.connectedAtMs, pongMs) }];
    })
    .sort((a, b) => b.attachment.connectedAtMs - a.attachment.connectedAtMs);
}
