import type { RTCPeerConnection } from "werift";

interface Connection {
  state: string;
  checkListDone: boolean;
  nominated?: object | undefined;
  connect(): Promise<void>;
  checkComplete(pair: object): void;
  queryConsent(): void;
  setState(state: "connected"): void;
}

/**
 * werift 0.25.2 looks for a nominated pair every 20 ms and calls ICE connected only then. With this it is connected
 * with the nomination itself, so that DTLS is ready when the viewer's first flight comes. Call before checks begin.
 */
export function connectOnNomination(pc: RTCPeerConnection): void {
  for (const transport of pc.iceTransports) {
    const connection = transport.connection as unknown as Connection;
    const { connect, checkComplete } = connection;
    if (!connect || !checkComplete || !connection.queryConsent || !connection.setState) {
      throw new Error("this werift runs its checks elsewhere: see connectOnNomination");
    }
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
