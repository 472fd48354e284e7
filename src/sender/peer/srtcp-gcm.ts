import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from "node:crypto";
import { GCM_IV_BYTES, GCM_TAG_BYTES, type Gcm, type GcmPacket, GcmSecret } from "./native/gcm.ts";
import type { Address } from "./native/library.ts";
import { ENCRYPTED, HEADER_BYTES, INDEX_BYTES, type SrtcpCrypt } from "./srtcp-crypt.ts";
import type { SessionKeys } from "./srtp-keys.ts";

const AUTHENTICATED_BYTES = HEADER_BYTES + INDEX_BYTES;
const CIPHER = "aes-128-gcm";
const TAG = { authTagLength: GCM_TAG_BYTES };

/** RFC 7714 section 9: the header and the index are authenticated only; the tag stands before the index. */
export class NodeGcmCrypt implements SrtcpCrypt {
  readonly indexFromEnd = INDEX_BYTES;
  readonly #key: KeyObject;
  readonly #salt: Buffer;
  readonly #vector = Buffer.alloc(GCM_IV_BYTES);

  constructor({ cipherKey, salt }: SessionKeys) {
    this.#key = createSecretKey(cipherKey);
    this.#salt = salt;
  }

  open(packet: Buffer, index: number): Buffer | undefined {
    const end = packet.length - INDEX_BYTES - GCM_TAG_BYTES;
    if (end < HEADER_BYTES) return undefined;
    writeGcmVector(this.#vector, this.#salt, packet, index);
    const decipher = createDecipheriv(CIPHER, this.#key, this.#vector, TAG);
    const header = packet.subarray(0, HEADER_BYTES);
    decipher.setAAD(Buffer.concat([header, packet.subarray(packet.length - INDEX_BYTES)]));
    decipher.setAuthTag(packet.subarray(end, end + GCM_TAG_BYTES));
    const body = decipher.update(packet.subarray(HEADER_BYTES, end));
    try {
      decipher.final();
    } catch {
      return undefined;
    }
    return Buffer.concat([header, body]);
  }

  seal(compound: Buffer, index: number): Buffer {
    writeGcmVector(this.#vector, this.#salt, compound, index);
    const cipher = createCipheriv(CIPHER, this.#key, this.#vector, TAG);
    const [header, indexWord] = [compound.subarray(0, HEADER_BYTES), Buffer.alloc(INDEX_BYTES)];
    indexWord.writeUInt32BE(ENCRYPTED + index);
    cipher.setAAD(Buffer.concat([header, indexWord]));
    const body = Buffer.concat([cipher.update(compound.subarray(HEADER_BYTES)), cipher.final()]);
    return Buffer.concat([header, body, cipher.getAuthTag(), indexWord]);
  }
}

/** The same by a cipher that all viewers of a thread share. */
export class SharedGcmCrypt implements SrtcpCrypt {
  readonly indexFromEnd = INDEX_BYTES;
  readonly #gcm: Gcm;
  readonly #secret: GcmSecret;
  readonly #salt: Buffer;
  readonly #at: Address;

  constructor(gcm: Gcm, { cipherKey, salt }: SessionKeys) {
    this.#gcm = gcm;
    this.#secret = new GcmSecret(gcm, cipherKey);
    this.#salt = salt;
    this.#at = gcm.memory.addressOf(gcm.scratch);
  }

  open(packet: Buffer, index: number): Buffer | undefined {
    const { scratch } = this.#gcm;
    const end = packet.length - INDEX_BYTES - GCM_TAG_BYTES;
    if (end < HEADER_BYTES || AUTHENTICATED_BYTES + packet.length > scratch.length) return undefined;
    packet.copy(scratch, AUTHENTICATED_BYTES);
    return this.#gcm.open(this.#secret, this.#describe(end, index)) ? this.#copy(end) : undefined;
  }

  seal(compound: Buffer, index: number): Buffer {
    const { scratch } = this.#gcm;
    const { length } = compound;
    compound.copy(scratch, AUTHENTICATED_BYTES);
    scratch.writeUInt32BE(ENCRYPTED + index, AUTHENTICATED_BYTES + length + GCM_TAG_BYTES);
    this.#gcm.seal(this.#secret, this.#describe(length, index));
    return this.#copy(length + GCM_TAG_BYTES + INDEX_BYTES);
  }

  /** In the scratch: what is authenticated only, side by side, and then the whole packet. */
  #describe(bytes: number, index: number): GcmPacket {
    const { scratch } = this.#gcm;
    const indexAt = AUTHENTICATED_BYTES + bytes + GCM_TAG_BYTES;
    scratch.copy(scratch, 0, AUTHENTICATED_BYTES, AUTHENTICATED_BYTES + HEADER_BYTES);
    scratch.copy(scratch, HEADER_BYTES, indexAt, indexAt + INDEX_BYTES);
    writeGcmVector(this.#secret.vector, this.#salt, scratch, index);
    return {
      authenticated: this.#at,
      authenticatedBytes: AUTHENTICATED_BYTES,
      text: this.#at + AUTHENTICATED_BYTES + HEADER_BYTES,
      textBytes: bytes - HEADER_BYTES,
      tag: this.#at + AUTHENTICATED_BYTES + bytes,
    };
  }

  #copy(bytes: number): Buffer {
    return Buffer.from(this.#gcm.scratch.subarray(AUTHENTICATED_BYTES, AUTHENTICATED_BYTES + bytes));
  }
}

/** @param packet begins with its header, which names the SSRC */
function writeGcmVector(vector: Buffer, salt: Buffer, packet: Buffer, index: number): void {
  salt.copy(vector);
  vector.writeUInt32BE((vector.readUInt32BE(2) ^ packet.readUInt32BE(4)) >>> 0, 2);
  vector.writeUInt32BE((vector.readUInt32BE(8) ^ index) >>> 0, 8);
}
