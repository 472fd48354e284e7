import type { Identity } from "./handshake.ts";
import { CONFIGURATION, Opening } from "./opening.ts";
import { type PostReply, postOffer } from "./post.ts";
import type { Runtime } from "./runtime.ts";

/** The first connection of a viewer, offered before the viewer itself is there. */
export interface Ahead {
  identity: Identity;
  opening: Opening;
  /** The exact text of the offer. */
  sdp: Promise<string>;
  reply: Promise<PostReply>;
  /** `performance.now()`: when this began, and when the offer left. */
  startedAtMs: number;
  sentAtMs?: number;
}

/** Its number: a viewer begins at 0. */
export const AHEAD_CONNECTION = 0;

/**
 * Sends the offer on the connection that brought the page, while everything else still loads or opens.
 * @param identify makes the keys while the browser makes the offer
 */
export function offerAhead(
  identify: () => Identity,
  stunUrls: string[],
  runtime: Pick<Runtime, "fetch" | "nowMs" | "openPeerConnection">,
): Ahead | undefined {
  const startedAtMs = runtime.nowMs();
  const connection = runtime.openPeerConnection?.(CONFIGURATION);
  if (!connection) return undefined;
  const opening = new Opening(connection);
  // Credentials come with the reply.
  const sdp = opening.offer(stunUrls.length > 0 ? [{ urls: stunUrls }] : []);
  const identity = identify();
  const ahead: Ahead = {
    identity,
    opening,
    sdp,
    startedAtMs,
    reply: sdp.then((text) => {
      ahead.sentAtMs = runtime.nowMs();
      const isWanted = () => connection.signalingState !== "closed";
      return postOffer(identity, { connection: AHEAD_CONNECTION, sdp: text }, runtime, isWanted);
    }),
  };
  // Whoever takes this over hears of an offer that could not be made.
  ahead.reply.catch(() => undefined);
  return ahead;
}
