import { hash } from "node:crypto";

/** HMAC's block, which SHA-1 reads before the message (RFC 2104). */
export const HMAC_BLOCK_BYTES = 64;
export const SHA1_BYTES = 20;
const INNER = 0x36;
const OUTER = 0x5c;

/**
 * HMAC-SHA1 of two plain hashes: half the cost of an HMAC object, which OpenSSL sets up anew for each message. The
 * message must follow the key's block, so that both are hashed at once.
 */
export class HmacSha1 {
  /** To be put right before the message. */
  readonly innerBlock: Buffer;
  readonly #outer: Buffer;

  constructor(key: Buffer) {
    const { inner, outer } = hmacBlocks(key);
    this.innerBlock = inner;
    this.#outer = Buffer.concat([outer, Buffer.alloc(SHA1_BYTES)]);
  }

  /** @param blockAndMessage the message behind {@link innerBlock} @returns 20 bytes, each a character's code */
  digest(blockAndMessage: Buffer): string {
    this.#outer.write(hash("sha1", blockAndMessage, "binary"), HMAC_BLOCK_BYTES, "latin1");
    return hash("sha1", this.#outer, "binary");
  }
}

/** What the two hashes begin with (RFC 2104). */
export function hmacBlocks(key: Buffer): { inner: Buffer; outer: Buffer } {
  return { inner: block(key, INNER), outer: block(key, OUTER) };
}

function block(key: Buffer, value: number): Buffer {
  const bytes = Buffer.alloc(HMAC_BLOCK_BYTES, value);
  for (let i = 0; i < key.length; i++) bytes[i] = (key[i] as number) ^ value;
  return bytes;
}
