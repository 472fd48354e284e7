import { type Cipheriv, createCipheriv, createSecretKey, hash } from "node:crypto";
import { LEAD_BYTES, type Room } from "./slab.ts";
import type { RtpProtector } from "./srtp.ts";
import type { SessionKeys } from "./srtp-keys.ts";

const TAG_BYTES = 10;
const BLOCK_BYTES = 16;
const BLOCK_WORDS = BLOCK_BYTES / 4;
const ROC_BYTES = 4;
/** HMAC's block, which SHA-1 reads before the message (RFC 2104). */
const HMAC_BLOCK_BYTES = 64;
const SHA1_BYTES = 20;

/**
 * AES_CM_128_HMAC_SHA1_80 (RFC 3711) for one SSRC. Setting OpenSSL up costs more than the work on a packet, so the key
 * stream comes from one AES-ECB cipher that stays, for several packets at a time, and HMAC is made of two plain hashes.
 */
export class AesCmProtector implements RtpProtector {
  readonly overheadBytes = TAG_BYTES;
  readonly #ecb: Cipheriv;
  readonly #salt: Buffer;
  readonly #innerPad: Buffer;
  readonly #outer: Buffer;
  readonly #ssrc: number;
  readonly #packetsAhead: number;
  readonly #iv = Buffer.alloc(BLOCK_BYTES);
  #counters = Buffer.alloc(0);
  #keystream = new Uint32Array(0);
  #keystreamFrom = 0;
  #keystreamPackets = 0;
  #wordsPerPacket = 0;

  /** @param packetsAhead for how many packets in sequence key stream is made at once */
  constructor(keys: SessionKeys, ssrc: number, packetsAhead: number) {
    this.#ecb = createCipheriv("aes-128-ecb", createSecretKey(keys.cipherKey), null).setAutoPadding(false);
    this.#salt = keys.salt;
    this.#innerPad = pad(keys.authKey, 0x36);
    this.#outer = Buffer.concat([pad(keys.authKey, 0x5c), Buffer.alloc(SHA1_BYTES)]);
    this.#ssrc = ssrc;
    this.#packetsAhead = packetsAhead;
  }

  protect({ bytes, words, at }: Room, headerBytes: number, payload: Buffer, index: number): Buffer {
    const from = at + headerBytes;
    payload.copy(bytes, from);
    const first = from / 4;
    const count = Math.ceil(payload.length / 4);
    let key = this.#keystreamFor(index, payload.length);
    const keystream = this.#keystream;
    for (let word = first; word < first + count; word++, key++) {
      words[word] = (words[word] as number) ^ (keystream[key] as number);
    }
    const end = from + payload.length;
    bytes.writeUInt32BE(Math.floor(index / 0x10000), end);
    this.#innerPad.copy(bytes, at - LEAD_BYTES);
    hash("sha1", bytes.subarray(at - LEAD_BYTES, end + ROC_BYTES), "buffer").copy(this.#outer, HMAC_BLOCK_BYTES);
    hash("sha1", this.#outer, "buffer").copy(bytes, end, 0, TAG_BYTES);
    return bytes.subarray(at, end + TAG_BYTES);
  }

  /** @returns where in the key stream the packet's begins, in words */
  #keystreamFor(index: number, payloadBytes: number): number {
    const ahead = index - this.#keystreamFrom;
    const covered = ahead >= 0 && ahead < this.#keystreamPackets && payloadBytes <= this.#wordsPerPacket * 4;
    if (covered) return ahead * this.#wordsPerPacket;
    this.#generate(index, payloadBytes);
    return 0;
  }

  #generate(index: number, payloadBytes: number): void {
    const blocks = Math.max(Math.ceil(payloadBytes / BLOCK_BYTES), this.#wordsPerPacket / BLOCK_WORDS);
    this.#wordsPerPacket = blocks * BLOCK_WORDS;
    const length = blocks * BLOCK_BYTES * this.#packetsAhead;
    if (this.#counters.length !== length) this.#counters = Buffer.alloc(length);
    for (let packet = 0, at = 0; packet < this.#packetsAhead; packet++) {
      this.#setInitialCounter(index + packet);
      for (let block = 0; block < blocks; block++, at += BLOCK_BYTES) {
        this.#iv.copy(this.#counters, at);
        this.#counters.writeUInt16BE(block, at + 14);
      }
    }
    const made = this.#ecb.update(this.#counters);
    this.#keystream = new Uint32Array(made.buffer, made.byteOffset, made.length / 4);
    this.#keystreamFrom = index;
    this.#keystreamPackets = this.#packetsAhead;
  }

  /** RFC 3711 section 4.1.1; the last two bytes count blocks. */
  #setInitialCounter(index: number): void {
    const iv = this.#iv;
    iv.fill(0, 0, 4);
    iv.writeUInt32BE(this.#ssrc, 4);
    iv.writeUInt32BE(Math.floor(index / 0x10000), 8);
    iv.writeUInt16BE(index % 0x10000, 12);
    for (let i = 0; i < this.#salt.length; i++) iv[i] = (iv[i] as number) ^ (this.#salt[i] as number);
  }
}

function pad(key: Buffer, value: number): Buffer {
  const block = Buffer.alloc(HMAC_BLOCK_BYTES, value);
  for (let i = 0; i < key.length; i++) block[i] = (key[i] as number) ^ value;
  return block;
}
