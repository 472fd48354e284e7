import type { RTCPeerConnection } from "werift";

/** How far a connection got, `performance.now()` each; absent until then. */
export interface PeerStages {
  iceConnectedAtMs?: number;
  dtlsConnectedAtMs?: number;
}

/** Notes in `stages` when the connection's transport stands. */
export function noteStages(pc: RTCPeerConnection, stages: PeerStages): void {
  for (const transport of pc.iceTransports) {
    transport.onStateChange.subscribe((state) => {
      if (state === "connected") stages.iceConnectedAtMs ??= performance.now();
    });
  }
  for (const transport of pc.dtlsTransports) {
    transport.onStateChange.subscribe((state) => {
      if (state === "connected") stages.dtlsConnectedAtMs ??= performance.now();
    });
  }
}
