import { createSecretKey } from "node:crypto";
import type { RTCDtlsTransport } from "werift";

interface Context {
  cipher: { srtcpSessionKey?: unknown; srtcpSessionAuthTag?: unknown };
}

/**
 * werift 0.25.2 gives OpenSSL its SRTCP keys as bytes, which Node turns into keys anew for every packet, at several times
 * the cost of the packet. This puts the keys themselves in their place. Call once DTLS is connected.
 */
export function keepSrtcpKeys(transport: RTCDtlsTransport): void {
  for (const context of [transport.srtcp.localContext, transport.srtcp.remoteContext] as Context[]) {
    const { cipher } = context;
    if (!Buffer.isBuffer(cipher?.srtcpSessionKey))
      throw new Error("this werift keeps its SRTCP keys elsewhere: see keepSrtcpKeys");
    cipher.srtcpSessionKey = createSecretKey(cipher.srtcpSessionKey);
    if (Buffer.isBuffer(cipher.srtcpSessionAuthTag))
      cipher.srtcpSessionAuthTag = createSecretKey(cipher.srtcpSessionAuthTag);
  }
}
