import type { RTCPeerConnection } from "werift";
import { iceConnections } from "./ice-werift.ts";

/**
 * An offer may say that it names all its candidates, and name none that can be tried yet. werift 0.25.2 then fails at once,
 * and takes no candidate any more, though the viewer's own checks may be on their way: RFC 8863 has an agent wait for them.
 * With this it waits until somebody closes it. Call when the offer was applied.
 */
export function waitForPairs(pc: RTCPeerConnection): void {
  for (const connection of iceConnections(pc)) connection.remoteCandidatesEnd = false;
}
