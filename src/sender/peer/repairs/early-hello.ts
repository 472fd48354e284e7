import type { RTCPeerConnection } from "werift";
import { isDtls } from "./dtls-record.ts";

/** A ClientHello is one datagram, rarely two. */
const KEPT_MAX = 4;

/**
 * werift 0.25.2 drops what the viewer sends before its own DTLS socket exists, and the viewer's ClientHello comes again
 * only after 50 ms. This keeps such datagrams and hands them over. Call before checks begin.
 */
export function keepEarlyHello(pc: RTCPeerConnection): void {
  for (const transport of pc.dtlsTransports) {
    const { connection } = transport.iceTransport;
    if (!connection.onData?.subscribe) throw new Error("this werift receives elsewhere: see keepEarlyHello");
    const kept: Buffer[] = [];
    connection.onData.subscribe((datagram: Buffer) => {
      if (!transport.dtls && isDtls(datagram) && kept.length < KEPT_MAX) kept.push(datagram);
    });
    transport.onStateChange.subscribe((state) => {
      if (state !== "connecting") return;
      // The socket is made right after this, in the same turn.
      queueMicrotask(() => {
        const socket = transport.dtls as { udpOnMessage?: (datagram: Buffer) => void } | undefined;
        for (const datagram of kept.splice(0)) socket?.udpOnMessage?.(datagram);
      });
    });
  }
}
