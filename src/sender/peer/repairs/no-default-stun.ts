import type { RTCPeerConnection } from "werift";

/**
 * With no STUN server named, werift 0.25.2 asks a public one of its own choice: a LAN without internet then waits for
 * its time-out, and a private deployment tells a stranger. Call before gathering begins.
 */
export function forgetDefaultStun(pc: RTCPeerConnection): void {
  for (const transport of pc.iceTransports) {
    const connection = transport.connection as { stunServer?: unknown };
    if (!("stunServer" in connection))
      throw new Error("this werift keeps its STUN server elsewhere: see forgetDefaultStun");
    connection.stunServer = undefined;
  }
}
