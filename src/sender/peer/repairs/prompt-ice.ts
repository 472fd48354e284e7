import type { RTCPeerConnection } from "werift";
import { iceConnections } from "./ice-werift.ts";

/**
 * werift 0.25.2 looks for a nominated pair every 20 ms and calls ICE connected only then. With this it is connected
 * with the nomination itself, so that DTLS is ready when the viewer's first flight comes. Call before checks begin.
 */
export function connectOnNomination(pc: RTCPeerConnection): void {
  for (const connection of iceConnections(pc)) {
    const { connect, checkComplete } = connection;
    connection.connect = () =>
      new Promise((resolve, reject) => {
        connection.checkComplete = (pair) => {
          checkComplete.call(connection, pair);
          if (!connection.checkListDone || !connection.nominated || connection.state === "closed") return;
          connection.checkComplete = checkComplete;
          connection.queryConsent();
          connection.setState("connected");
          resolve();
        };
        connect.call(connection).then(resolve, reject);
      });
  }
}
