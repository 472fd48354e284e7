import type { Identity } from "./handshake.ts";
import type { Runtime } from "./runtime.ts";

/** An edge that says nothing for so long has lost the request, or its answer. */
const ATTEMPT_MS = 3_000;
const ATTEMPTS = 3;
const PAUSE_MS = 250;

/** What the edge said; `undefined` when nothing came back. */
export type PostReply = { status: number; text: string } | undefined;

/**
 * Sends an offer by HTTP, on the connection that brought the page. One that is lost is repeated as it is, and gets the
 * same answer, for as long as it is wanted. Never rejects.
 */
export async function postOffer(
  identity: Identity,
  offer: { connection: number; sdp: string; proof: string },
  runtime: Pick<Runtime, "fetch">,
  isWanted: () => boolean,
): Promise<PostReply> {
  const { link, keys, viewerId } = identity;
  const body = JSON.stringify({ viewer: viewerId, ...offer });
  for (let attempt = 1; attempt <= ATTEMPTS && isWanted(); attempt++) {
    try {
      const reply = await runtime.fetch(`${link.origin}/api/sessions/${link.sessionId}/offer`, {
        method: "POST",
        headers: { Authorization: `Bearer ${keys.joinToken}` },
        body,
        cache: "no-store",
        credentials: "omit",
        referrerPolicy: "no-referrer",
        signal: AbortSignal.timeout(ATTEMPT_MS),
      });
      return { status: reply.status, text: await reply.text() };
    } catch {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
  return undefined;
}
