import type { RTCPeerConnection } from "werift";
import { iceConnections } from "./ice-werift.ts";

/**
 * werift 0.25.2 closes the sockets that a connection has when it is closed. Those that are being opened just then, as they
 * are when a viewer's good-bye follows its offer at once, stay open for ever. With this they are closed, too. Call before
 * anything else that waits is made part of gathering.
 */
export function closeLateSockets(pc: RTCPeerConnection): void {
  for (const connection of iceConnections(pc)) {
    const gather = connection.getCandidatePromises.bind(connection);
    connection.getCandidatePromises = (addresses, timeoutS) => {
      const opened = gather(addresses, timeoutS);
      void Promise.allSettled(opened).then(() => {
        if (connection.state !== "closed") return;
        for (const protocol of connection.protocols.splice(0)) void protocol.close?.().catch(() => {});
      });
      return opened;
    };
  }
}
