import type { RTCPeerConnection } from "werift";

interface LocalCandidate {
  type: string;
}

interface Protocol {
  localCandidate?: LocalCandidate;
  close?(): Promise<void>;
}

interface Connection {
  state: string;
  protocols: Protocol[];
  appendLocalCandidate(candidate: LocalCandidate): void;
  pairLocalProtocol(protocol: Protocol): void;
  sortCheckList(): void;
}

/**
 * werift 0.25.2 pairs a relay candidate with the viewer's only when it was there before checks began; one that is
 * gathered later would never be tried. One that is gathered after the connection was closed would keep its socket, and
 * renew its allocation, for as long as this process runs. Call before gathering begins.
 */
export function pairLateRelays(pc: RTCPeerConnection, onRelay: (protocol: object) => void): void {
  for (const transport of pc.iceTransports) {
    const connection = transport.connection as unknown as Connection;
    const append = connection.appendLocalCandidate?.bind(connection);
    if (!append || !connection.pairLocalProtocol || !connection.sortCheckList) {
      throw new Error("this werift pairs candidates elsewhere: see pairLateRelays");
    }
    connection.appendLocalCandidate = (candidate) => {
      append(candidate);
      const protocol = connection.protocols.find(({ localCandidate }) => localCandidate === candidate);
      if (connection.state === "closed") {
        void protocol?.close?.().catch(() => {});
        return;
      }
      if (candidate.type !== "relay" || !protocol) return;
      onRelay(protocol);
      connection.pairLocalProtocol(protocol);
      connection.sortCheckList();
    };
  }
}
