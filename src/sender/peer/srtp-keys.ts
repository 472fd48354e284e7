import { createCipheriv } from "node:crypto";

/** DTLS-SRTP protection profiles (RFC 5764 section 4.1.2, RFC 7714 section 14.2). */
export const AES_CM_128_HMAC_SHA1_80 = 0x0001;
export const AEAD_AES_128_GCM = 0x0007;

/** What both session key sets come from: RFC 3711 section 4.3. */
export interface MasterKey {
  key: Buffer;
  /** 14 bytes for AES-CM, 12 for AES-GCM. */
  salt: Buffer;
}

export interface SessionKeys {
  cipherKey: Buffer;
  /** 20 bytes; of no use to an AEAD profile. */
  authKey: Buffer;
  /** As long as the master salt. */
  salt: Buffer;
}

/** The labels of the cipher key, the authentication key and the salt. */
const LABELS = { rtp: [0, 1, 2], rtcp: [3, 4, 5] } as const;
const MASTER_SALT_BYTES = 14;

/** Session keys (RFC 3711 section 4.3; RFC 7714 section 11), with a key derivation rate of zero. */
export function deriveSessionKeys(master: MasterKey, protocol: "rtp" | "rtcp"): SessionKeys {
  const [cipher, auth, salt] = LABELS[protocol];
  return {
    cipherKey: derive(master, cipher, 16),
    authKey: derive(master, auth, 20),
    salt: derive(master, salt, master.salt.length),
  };
}

function derive({ key, salt }: MasterKey, label: number, bytes: number): Buffer {
  const counter = Buffer.alloc(16);
  salt.copy(counter, 0, 0, MASTER_SALT_BYTES);
  counter[7] = (counter[7] as number) ^ label;
  return createCipheriv("aes-128-ctr", key, counter).update(Buffer.alloc(bytes));
}
