import type { RTCPeerConnection } from "werift";

/** werift's connection state does not follow when the viewer closes DTLS, or DTLS fails. */
export function whenDtlsEnds(pc: RTCPeerConnection, onEnd: () => void): void {
  for (const transport of pc.dtlsTransports) {
    transport.onStateChange.subscribe((state) => {
      if (state === "closed" || state === "failed") onEnd();
    });
  }
}
