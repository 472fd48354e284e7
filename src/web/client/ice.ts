import { decode } from "../../protocol/codec.ts";
import { IceReply } from "../../protocol/http.ts";
import { VIEWER_HEADER } from "../../protocol/limits.ts";
import type { Identity } from "./handshake.ts";
import { grant, type IceGrant } from "./renewal.ts";
import type { Runtime } from "./runtime.ts";
import { UNSEEN } from "./unseen.ts";

/** The edge grants within a second; a request that takes longer is lost. */
const TIMEOUT_MS = 5_000;

/**
 * Asks the edge for ICE servers with fresh credentials.
 * @returns `undefined` when there are none to be had now, for whatever reason
 */
export async function fetchIce({ link, keys, viewerId }: Identity, runtime: Runtime): Promise<IceGrant | undefined> {
  // Before the request, so that a slow answer makes the credentials seem older rather than younger.
  const askedAtMs = runtime.nowMs();
  try {
    const reply = await runtime.fetch(`${link.origin}/api/sessions/${link.sessionId}/ice`, {
      headers: { Authorization: `Bearer ${keys.joinToken}`, [VIEWER_HEADER]: viewerId },
      ...UNSEEN,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!reply.ok) throw new Error(`HTTP ${reply.status}`);
    const { iceServers, iceTtlMs } = decode(IceReply, await reply.text());
    return grant(iceServers, iceTtlMs, askedAtMs);
  } catch (error) {
    console.warn(`No fresh ICE servers: ${error instanceof Error ? error.message : "unknown error"}`);
    return undefined;
  }
}
