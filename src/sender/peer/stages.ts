import type { RTCPeerConnection } from "werift";

/** How far a connection got, `performance.now()` each; absent until then. */
export interface PeerStages {
  iceConnectedAtMs?: number;
  dtlsConnectedAtMs?: number;
}

/**
 * Notes in `stages` when the connection's transport stands.
 * @param onPath told once, when ICE has found a path
 */
export function noteStages(pc: RTCPeerConnection, stages: PeerStages, onPath: () => void): void {
  for (const transport of pc.iceTransports) {
    transport.onStateChange.subscribe((state) => {
      if (state !== "connected" || stages.iceConnectedAtMs !== undefined) return;
      stages.iceConnectedAtMs = performance.now();
      onPath();
    });
  }
  for (const transport of pc.dtlsTransports) {
    transport.onStateChange.subscribe((state) => {
      if (state === "connected") stages.dtlsConnectedAtMs ??= performance.now();
    });
  }
}
