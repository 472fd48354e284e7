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

const LABEL_CIPHER = 0;
const LABEL_AUTH = 1;
const LABEL_SALT = 2;
const MASTER_SALT_BYTES = 14;

/** SRTP's session keys (RFC 3711 section 4.3.1; RFC 7714 section 11), with a key derivation rate of zero. */
export function deriveSessionKeys(master: MasterKey): SessionKeys {
  return {
    cipherKey: derive(master, LABEL_CIPHER, 16),
    authKey: derive(master, LABEL_AUTH, 20),
    salt: derive(master, LABEL_SALT, master.salt.length),
  };
}

function derive({ key, salt }: MasterKey, label: number, bytes: number): Buffer {
  const counter = Buffer.alloc(16);
  salt.copy(counter, 0, 0, MASTER_SALT_BYTES);
  counter[7] = (counter[7] as number) ^ label;
  return createCipheriv("aes-128-ctr", key, counter).update(Buffer.alloc(bytes));
}
