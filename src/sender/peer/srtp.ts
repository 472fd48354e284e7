import { sharedCm } from "./native/cm.ts";
import { sharedGcm } from "./native/gcm.ts";
import type { Room } from "./slab.ts";
import { AesCmProtector } from "./srtp-cm.ts";
import { SharedCmProtector } from "./srtp-cm-shared.ts";
import { AesGcmProtector, SharedGcmProtector } from "./srtp-gcm.ts";
import { AEAD_AES_128_GCM, AES_CM_128_HMAC_SHA1_80, deriveSessionKeys, type MasterKey } from "./srtp-keys.ts";

/** Encrypts and authenticates the RTP packets of one SSRC. */
export interface RtpProtector {
  /** How much longer than RTP the protected packet is. */
  readonly overheadBytes: number;
  /**
   * @param room the RTP header stands in it already
   * @param headerBytes a multiple of four, as RTP headers are
   * @param index the 48-bit packet index: rollover counter and sequence number (RFC 3711 section 3.3.1)
   * @returns the packet as it goes out, in the same room
   */
  protect(room: Room, headerBytes: number, payload: Buffer, index: number): Buffer;
}

/**
 * @param packetsAhead how many packets are likely to follow one another at once
 * @throws when DTLS negotiated a profile that is not spoken here
 */
export function makeProtector(profile: number, master: MasterKey, ssrc: number, packetsAhead = 1): RtpProtector {
  const keys = deriveSessionKeys(master, "rtp");
  if (profile === AES_CM_128_HMAC_SHA1_80) {
    const cm = sharedCm();
    return cm ? new SharedCmProtector(cm, keys, ssrc) : new AesCmProtector(keys, ssrc, packetsAhead);
  }
  if (profile === AEAD_AES_128_GCM) {
    const gcm = sharedGcm();
    return gcm ? new SharedGcmProtector(gcm, keys, ssrc) : new AesGcmProtector(keys, ssrc);
  }
  const name = `0x${profile.toString(16).padStart(4, "0")}`;
  throw new Error(`The viewer's DTLS chose SRTP profile ${name}, which is not spoken here. Use a current browser.`);
}
