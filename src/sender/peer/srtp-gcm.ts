import { createCipheriv, createSecretKey, type KeyObject } from "node:crypto";
import { GCM_IV_BYTES, GCM_TAG_BYTES, type Gcm, GcmSecret } from "./native/gcm.ts";
import type { Room } from "./slab.ts";
import type { RtpProtector } from "./srtp.ts";
import type { SessionKeys } from "./srtp-keys.ts";

/** AEAD_AES_128_GCM (RFC 7714) for one SSRC. No index may ever be used twice: with GCM that gives the key away. */
export class AesGcmProtector implements RtpProtector {
  readonly overheadBytes = GCM_TAG_BYTES;
  readonly #key: KeyObject;
  readonly #vector: PacketVector;

  constructor(keys: SessionKeys, ssrc: number) {
    this.#key = createSecretKey(keys.cipherKey);
    this.#vector = new PacketVector(Buffer.alloc(GCM_IV_BYTES), keys.salt, ssrc);
  }

  protect({ bytes, at }: Room, headerBytes: number, payload: Buffer, index: number): Buffer {
    const from = at + headerBytes;
    const end = from + payload.length;
    const cipher = createCipheriv("aes-128-gcm", this.#key, this.#vector.at(index), { authTagLength: GCM_TAG_BYTES });
    cipher.setAAD(bytes.subarray(at, from));
    cipher.update(payload).copy(bytes, from);
    cipher.final();
    cipher.getAuthTag().copy(bytes, end);
    return bytes.subarray(at, end + GCM_TAG_BYTES);
  }
}

/** The same by a cipher that all viewers of a thread share, which costs a tenth. */
export class SharedGcmProtector implements RtpProtector {
  readonly overheadBytes = GCM_TAG_BYTES;
  readonly #gcm: Gcm;
  readonly #secret: GcmSecret;
  readonly #vector: PacketVector;

  constructor(gcm: Gcm, keys: SessionKeys, ssrc: number) {
    this.#gcm = gcm;
    this.#secret = new GcmSecret(gcm, keys.cipherKey);
    this.#vector = new PacketVector(this.#secret.vector, keys.salt, ssrc);
  }

  protect({ bytes, at }: Room, headerBytes: number, payload: Buffer, index: number): Buffer {
    payload.copy(bytes, at + headerBytes);
    this.#vector.at(index);
    const packet = bytes.subarray(at, at + headerBytes + payload.length + GCM_TAG_BYTES);
    const authenticated = this.#gcm.memory.addressOf(packet);
    const text = authenticated + headerBytes;
    const textBytes = payload.length;
    this.#gcm.seal(this.#secret, {
      authenticated,
      authenticatedBytes: headerBytes,
      text,
      textBytes,
      tag: text + textBytes,
    });
    return packet;
  }
}

/** RFC 7714 section 8.1. */
class PacketVector {
  readonly #iv: Buffer;
  /** Its last six bytes with no index in them. */
  readonly #rolloverSalt: number;
  readonly #sequenceSalt: number;

  /** @param iv where it is written */
  constructor(iv: Buffer, salt: Buffer, ssrc: number) {
    salt.copy(iv);
    iv.writeUInt32BE((iv.readUInt32BE(2) ^ ssrc) >>> 0, 2);
    this.#iv = iv;
    this.#rolloverSalt = iv.readUInt32BE(6);
    this.#sequenceSalt = iv.readUInt16BE(10);
  }

  at(index: number): Buffer {
    this.#iv.writeUInt32BE((this.#rolloverSalt ^ Math.floor(index / 0x10000)) >>> 0, 6);
    this.#iv.writeUInt16BE(this.#sequenceSalt ^ (index % 0x10000), 10);
    return this.#iv;
  }
}
