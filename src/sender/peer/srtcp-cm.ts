import { type Cipheriv, createCipheriv, createSecretKey, timingSafeEqual } from "node:crypto";
import { HMAC_BLOCK_BYTES, HmacSha1 } from "./hmac.ts";
import { ENCRYPTED, HEADER_BYTES, INDEX_BYTES, type SrtcpCrypt } from "./srtcp-crypt.ts";
import type { SessionKeys } from "./srtp-keys.ts";

export const CM_TAG_BYTES = 10;
const BLOCK_BYTES = 16;

/** RFC 3711 section 3.4: everything up to the tag is authenticated, all but the header encrypted. */
export class NodeCmCrypt implements SrtcpCrypt {
  readonly indexFromEnd = INDEX_BYTES + CM_TAG_BYTES;
  readonly #ecb: Cipheriv;
  readonly #hmac: HmacSha1;
  readonly #salt: Buffer;

  constructor({ cipherKey, authKey, salt }: SessionKeys) {
    this.#ecb = createCipheriv("aes-128-ecb", createSecretKey(cipherKey), null).setAutoPadding(false);
    this.#hmac = new HmacSha1(authKey);
    this.#salt = salt;
  }

  open(packet: Buffer, index: number): Buffer | undefined {
    const end = packet.length - CM_TAG_BYTES;
    if (!timingSafeEqual(this.#tag(packet.subarray(0, end)), packet.subarray(end))) return undefined;
    const compound = Buffer.from(packet.subarray(0, end - INDEX_BYTES));
    this.#crypt(compound, index);
    return compound;
  }

  seal(compound: Buffer, index: number): Buffer {
    const packet = Buffer.alloc(compound.length + this.indexFromEnd);
    compound.copy(packet);
    this.#crypt(packet.subarray(0, compound.length), index);
    const end = packet.writeUInt32BE(ENCRYPTED + index, compound.length);
    this.#tag(packet.subarray(0, end)).copy(packet, end);
    return packet;
  }

  #tag(message: Buffer): Buffer {
    const tag = this.#hmac.digest(Buffer.concat([this.#hmac.innerBlock, message], HMAC_BLOCK_BYTES + message.length));
    return Buffer.from(tag, "latin1").subarray(0, CM_TAG_BYTES);
  }

  #crypt(compound: Buffer, index: number): void {
    const keystream = this.#makeKeystream(compound.readUInt32BE(4), index, compound.length - HEADER_BYTES);
    for (let i = HEADER_BYTES; i < compound.length; i++) {
      compound[i] = (compound[i] as number) ^ (keystream[i - HEADER_BYTES] as number);
    }
  }

  #makeKeystream(ssrc: number, index: number, bytes: number): Buffer {
    const counters = Buffer.alloc(Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES);
    for (let at = 0, block = 0; at < counters.length; at += BLOCK_BYTES, block++) {
      writeCmCounter(counters.subarray(at), this.#salt, ssrc, index);
      counters.writeUInt16BE(block, at + 14);
    }
    return this.#ecb.update(counters);
  }
}

/** @param counter its last two bytes, which count the blocks, are left as they are */
export function writeCmCounter(counter: Buffer, salt: Buffer, ssrc: number, index: number): void {
  salt.copy(counter);
  counter.writeUInt32BE((counter.readUInt32BE(4) ^ ssrc) >>> 0, 4);
  counter.writeUInt32BE((counter.readUInt32BE(10) ^ index) >>> 0, 10);
}
