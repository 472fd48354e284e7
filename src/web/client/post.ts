import { LINES_TYPE } from "../../protocol/mime.ts";
import type { HandedStandby } from "../../protocol/standby.ts";
import type { Identity } from "./handshake.ts";
import type { Runtime } from "./runtime.ts";
import { UNSEEN } from "./unseen.ts";

/** An edge that says nothing for so long has lost the request, or its answer. */
const ATTEMPT_MS = 3_000;
const ATTEMPTS = 3;
const PAUSE_MS = 250;
/** The status of an error that came after the headers. */
const UNTOLD = 0;

/** What the edge said; `undefined` when nothing came back. */
export type PostReply = { status: number; text: string } | undefined;

/**
 * Sends an offer by HTTP, on the connection that brought the page. One that is lost is repeated as it is, and gets the
 * same answer, for as long as it is wanted. Never rejects.
 * @param onStandby told of a connection that the sender has ready for it
 */
export async function postOffer(
  identity: Identity,
  offer: { connection: number; sdp: string; proof: string },
  runtime: Pick<Runtime, "fetch">,
  isWanted: () => boolean,
  onStandby: (standby: HandedStandby) => Promise<void>,
): Promise<PostReply> {
  const { link, keys, viewerId } = identity;
  for (let attempt = 1; attempt <= ATTEMPTS && isWanted(); attempt++) {
    // What came of the first may be lost: another standby would not be the one that answers.
    const body = JSON.stringify({ viewer: viewerId, ...offer, ...(attempt === 1 ? { standby: true } : {}) });
    try {
      const reply = await runtime.fetch(`${link.origin}/api/sessions/${link.sessionId}/offer`, {
        method: "POST",
        headers: { Authorization: `Bearer ${keys.joinToken}` },
        body,
        ...UNSEEN,
        signal: AbortSignal.timeout(ATTEMPT_MS),
      });
      if (!reply.headers.get("Content-Type")?.startsWith(LINES_TYPE))
        return { status: reply.status, text: await reply.text() };
      const tell = async (line: string) => onStandby(JSON.parse(line).standby);
      // Without it the answer is waited for.
      const text = await secondLine(reply, (line) => void tell(line).catch(() => undefined));
      return { status: text.startsWith('{"error"') ? UNTOLD : reply.status, text };
    } catch {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
  return undefined;
}

/** @throws when the reply ends before it */
async function secondLine({ body }: Response, onFirst: (line: string) => void): Promise<string> {
  const reader = body?.getReader();
  const decoder = new TextDecoder();
  for (let text = "", told = false; reader; ) {
    const { value, done } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
    const [first = "", second, end] = text.split("\n");
    if (second !== undefined && !told) onFirst(first);
    told = second !== undefined;
    if (second !== undefined && end !== undefined) return second;
  }
  throw new Error("the reply is cut short");
}
