import type { RTCPeerConnection } from "werift";
import { AEAD_AES_128_GCM, AES_CM_128_HMAC_SHA1_80 } from "../srtp-keys.ts";

/**
 * werift 0.25.2 prefers AES-GCM, which OpenSSL sets up anew for every packet; AES-CM, made of a cipher that stays, costs
 * less than half of it. As DTLS server this end chooses. Call before the transports start.
 */
export function preferAesCm(pc: RTCPeerConnection): void {
  for (const transport of pc.dtlsTransports) {
    if (!Array.isArray(Reflect.get(transport, "srtpProfiles")))
      throw new Error("this werift keeps its SRTP profiles elsewhere: see preferAesCm");
    Reflect.set(transport, "srtpProfiles", [AES_CM_128_HMAC_SHA1_80, AEAD_AES_128_GCM]);
  }
}
