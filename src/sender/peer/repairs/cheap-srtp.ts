import type { RTCPeerConnection } from "werift";
import { AEAD_AES_128_GCM, AES_CM_128_HMAC_SHA1_80 } from "../srtp-keys.ts";

/**
 * werift 0.25.2 prefers AES-GCM, which Node sets up anew for every packet; AES-CM, made of a cipher that stays, then costs
 * less than half of it. Where AES-GCM has a cipher that stays, it is the cheaper one by far. As DTLS server this end
 * chooses. Call before the transports start.
 * @param gcmStays see `sharedGcm`
 */
export function preferCheapSrtp(pc: RTCPeerConnection, gcmStays: boolean): void {
  const profiles = [AES_CM_128_HMAC_SHA1_80, AEAD_AES_128_GCM];
  setProfiles(pc, gcmStays ? profiles.reverse() : profiles);
}

/**
 * The same where the viewer chooses, as DTLS server: Firefox takes AES-GCM where it is offered, so it is only where it is
 * cheap; Chromium takes AES-CM all the same, which every WebRTC endpoint has (RFC 8827 section 6.5). Neither is weak,
 * should somebody in the middle hide the other.
 */
export function offerCheapSrtp(pc: RTCPeerConnection, gcmStays: boolean): void {
  setProfiles(pc, gcmStays ? [AEAD_AES_128_GCM, AES_CM_128_HMAC_SHA1_80] : [AES_CM_128_HMAC_SHA1_80]);
}

function setProfiles(pc: RTCPeerConnection, profiles: number[]): void {
  for (const transport of pc.dtlsTransports) {
    if (!Array.isArray(Reflect.get(transport, "srtpProfiles")))
      throw new Error("this werift keeps its SRTP profiles elsewhere: see preferCheapSrtp");
    Reflect.set(transport, "srtpProfiles", profiles);
  }
}
