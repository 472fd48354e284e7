import type { RTCPeerConnection } from "werift";
import { AEAD_AES_128_GCM, AES_CM_128_HMAC_SHA1_80 } from "../srtp-keys.ts";

/**
 * werift 0.25.2 prefers AES-GCM, which OpenSSL sets up anew for every packet; AES-CM, made of a cipher that stays, costs
 * less than half of it. As DTLS server this end chooses. Call before the transports start.
 */
export function preferAesCm(pc: RTCPeerConnection): void {
  setProfiles(pc, [AES_CM_128_HMAC_SHA1_80, AEAD_AES_128_GCM]);
}

/**
 * The same where the viewer chooses, as DTLS server: every WebRTC endpoint has AES-CM (RFC 8827 section 6.5), and browsers
 * would choose AES-GCM. Where there is one, nobody in the middle can talk the two down to another.
 */
export function offerOnlyAesCm(pc: RTCPeerConnection): void {
  setProfiles(pc, [AES_CM_128_HMAC_SHA1_80]);
}

function setProfiles(pc: RTCPeerConnection, profiles: number[]): void {
  for (const transport of pc.dtlsTransports) {
    if (!Array.isArray(Reflect.get(transport, "srtpProfiles")))
      throw new Error("this werift keeps its SRTP profiles elsewhere: see preferAesCm");
    Reflect.set(transport, "srtpProfiles", profiles);
  }
}
