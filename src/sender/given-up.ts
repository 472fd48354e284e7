import type { Seat } from "./seats.ts";

/** How long a connection may take to come up. */
const CONNECT_MS = 20_000;
/** How long a viewer whose socket is gone may leave unanswered what it is sent. */
const SILENT_MS = 6_000;

/**
 * Whether a connection is to be given up: it never came up, or its viewer is gone from the edge and silent.
 * @param present its viewer's socket is open at the edge, which a WHEP player's never is
 */
export function isGivenUp({ peer, stages }: Pick<Seat, "peer" | "stages">, present: boolean, nowMs: number): boolean {
  if (peer.state === "connecting") return nowMs - stages.offerReceivedAtMs > CONNECT_MS;
  if (peer.state === "closed" || present) return false;
  // Who is sent nothing may have nothing to say: a player before its first packet, or while the camera is paused. ICE
  // finds out which of them are gone.
  const { unansweredSinceMs = nowMs } = peer.report;
  return nowMs - unansweredSinceMs > SILENT_MS;
}
