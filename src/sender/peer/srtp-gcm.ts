import { createCipheriv, createSecretKey, type KeyObject } from "node:crypto";
import type { Room } from "./slab.ts";
import type { RtpProtector } from "./srtp.ts";
import type { SessionKeys } from "./srtp-keys.ts";

const TAG_BYTES = 16;
const IV_BYTES = 12;

/** AEAD_AES_128_GCM (RFC 7714) for one SSRC. No index may ever be used twice: with GCM that gives the key away. */
export class AesGcmProtector implements RtpProtector {
  readonly overheadBytes = TAG_BYTES;
  readonly #key: KeyObject;
  readonly #salt: Buffer;
  readonly #ssrc: number;
  readonly #iv = Buffer.alloc(IV_BYTES);

  constructor(keys: SessionKeys, ssrc: number) {
    this.#key = createSecretKey(keys.cipherKey);
    this.#salt = keys.salt;
    this.#ssrc = ssrc;
  }

  protect({ bytes, at }: Room, headerBytes: number, payload: Buffer, index: number): Buffer {
    const from = at + headerBytes;
    const end = from + payload.length;
    this.#setIv(index);
    const cipher = createCipheriv("aes-128-gcm", this.#key, this.#iv, { authTagLength: TAG_BYTES });
    cipher.setAAD(bytes.subarray(at, from));
    cipher.update(payload).copy(bytes, from);
    cipher.final();
    cipher.getAuthTag().copy(bytes, end);
    return bytes.subarray(at, end + TAG_BYTES);
  }

  /** RFC 7714 section 8.1. */
  #setIv(index: number): void {
    const iv = this.#iv;
    iv.writeUInt16BE(0, 0);
    iv.writeUInt32BE(this.#ssrc, 2);
    iv.writeUInt32BE(Math.floor(index / 0x10000), 6);
    iv.writeUInt16BE(index % 0x10000, 10);
    for (let i = 0; i < IV_BYTES; i++) iv[i] = (iv[i] as number) ^ (this.#salt[i] as number);
  }
}
