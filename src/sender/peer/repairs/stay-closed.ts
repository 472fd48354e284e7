import type { RTCPeerConnection } from "werift";
import { iceConnections } from "./ice-werift.ts";

/**
 * werift 0.25.2 says "completed" when gathering has ended and "connected" when the checks have, though the connection was
 * closed meanwhile, and then takes it for open: it looks for pairs every 20 ms, for ever. With this a connection that was
 * closed stays so. Call before gathering begins.
 */
export function stayClosed(pc: RTCPeerConnection): void {
  for (const connection of iceConnections(pc)) {
    const set = connection.setState.bind(connection);
    connection.setState = (state) => {
      if (connection.state !== "closed") set(state);
    };
  }
}
