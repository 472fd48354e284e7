import type { RTCPeerConnection } from "werift";

const NOTHING = Buffer.alloc(0);
const DEAF = { decrypt: () => NOTHING, encrypt: () => NOTHING };

/**
 * werift 0.25.2 derives SRTP and SRTCP keys for its own sending when DTLS is through, forty ciphers and HMACs, while the first
 * picture waits for keys of its own. Nobody here sends or hears by them. With this there are none, and what comes before
 * `takeWholeRtcp` tells of nothing. Call before the transports start.
 */
export function deriveNoSpareKeys(pc: RTCPeerConnection): void {
  for (const transport of pc.dtlsTransports) {
    if (typeof Reflect.get(transport, "updateSrtpSession") !== "function")
      throw new Error("this werift derives its keys elsewhere: see deriveNoSpareKeys");
    Reflect.set(transport, "updateSrtpSession", () => {
      if (transport.dtls?.srtp.srtpProfile === undefined) throw new Error("no SRTP profile was agreed on");
      Reflect.set(transport, "srtp", { ...DEAF });
      Reflect.set(transport, "srtcp", { ...DEAF });
    });
  }
}
