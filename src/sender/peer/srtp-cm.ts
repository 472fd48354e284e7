import { type Cipheriv, createCipheriv, createSecretKey } from "node:crypto";
import { HmacSha1 } from "./hmac.ts";
import { LEAD_BYTES, type Room } from "./slab.ts";
import type { RtpProtector } from "./srtp.ts";
import type { SessionKeys } from "./srtp-keys.ts";

const TAG_BYTES = 10;
const BLOCK_BYTES = 16;
const BLOCK_WORDS = BLOCK_BYTES / 4;
const ROC_BYTES = 4;

/**
 * AES_CM_128_HMAC_SHA1_80 (RFC 3711) for one SSRC. Setting OpenSSL up costs more than the work on a packet, so the key
 * stream comes from one AES-ECB cipher that stays, for several packets at a time.
 */
export class AesCmProtector implements RtpProtector {
  readonly overheadBytes = TAG_BYTES;
  readonly #ecb: Cipheriv;
  readonly #hmac: HmacSha1;
  readonly #hmacBlock: Uint32Array;
  readonly #packetsAhead: number;
  /** The stream's counter at index and block 0 (RFC 3711 section 4.1.1). */
  readonly #iv = Buffer.alloc(BLOCK_BYTES);
  #counters = new Uint32Array(0);
  #keystream: Uint32Array = new Uint32Array(0);
  #keystreamFrom = 0;
  #keystreamPackets = 0;
  #wordsPerPacket = 0;

  /** @param packetsAhead for how many packets in sequence key stream is made at once */
  constructor(keys: SessionKeys, ssrc: number, packetsAhead: number) {
    this.#ecb = createCipheriv("aes-128-ecb", createSecretKey(keys.cipherKey), null).setAutoPadding(false);
    this.#hmac = new HmacSha1(keys.authKey);
    this.#hmacBlock = wordsOf(this.#hmac.innerBlock);
    this.#packetsAhead = packetsAhead;
    keys.salt.copy(this.#iv);
    this.#iv.writeUInt32BE((this.#iv.readUInt32BE(4) ^ ssrc) >>> 0, 4);
  }

  protect({ bytes, words, at }: Room, headerBytes: number, payload: Buffer, index: number): Buffer {
    const from = at + headerBytes;
    payload.copy(bytes, from);
    const last = (from + payload.length + 3) >> 2;
    let key = this.#keystreamFor(index, payload.length);
    const keystream = this.#keystream;
    for (let word = from >> 2; word < last; word++, key++) {
      words[word] = (words[word] as number) ^ (keystream[key] as number);
    }
    const end = from + payload.length;
    bytes.writeUInt32BE(Math.floor(index / 0x10000), end);
    words.set(this.#hmacBlock, (at - LEAD_BYTES) >> 2);
    bytes.write(this.#hmac.digest(bytes.subarray(at - LEAD_BYTES, end + ROC_BYTES)), end, TAG_BYTES, "latin1");
    return bytes.subarray(at, end + TAG_BYTES);
  }

  /** @returns where in the key stream the packet's begins, in words */
  #keystreamFor(index: number, payloadBytes: number): number {
    const ahead = index - this.#keystreamFrom;
    const covered = ahead >= 0 && ahead < this.#keystreamPackets && payloadBytes <= this.#wordsPerPacket * 4;
    if (covered) return ahead * this.#wordsPerPacket;
    this.#generate(index, Math.ceil(payloadBytes / BLOCK_BYTES));
    return 0;
  }

  #generate(index: number, blocks: number): void {
    if (blocks * BLOCK_WORDS > this.#wordsPerPacket) {
      this.#wordsPerPacket = blocks * BLOCK_WORDS;
      this.#counters = new Uint32Array(this.#wordsPerPacket * this.#packetsAhead);
    }
    const counters = this.#counters;
    for (let packet = 0; packet < this.#packetsAhead; packet++) {
      const first = packet * this.#wordsPerPacket;
      const [word0, word1, word2, word3] = this.#counterOf(index + packet);
      for (let word = first, block = 0; word < first + this.#wordsPerPacket; word += BLOCK_WORDS, block++) {
        counters[word] = word0;
        counters[word + 1] = word1;
        counters[word + 2] = word2;
        counters[word + 3] = word3 ^ (BLOCK_NUMBERS[block] as number);
      }
    }
    const made = this.#ecb.update(Buffer.from(counters.buffer));
    this.#keystream = wordsOf(made);
    this.#keystreamFrom = index;
    this.#keystreamPackets = this.#packetsAhead;
  }

  #counterOf(index: number): [number, number, number, number] {
    const iv = Buffer.from(this.#iv);
    iv.writeUInt32BE((iv.readUInt32BE(8) ^ Math.floor(index / 0x10000)) >>> 0, 8);
    iv.writeUInt16BE(iv.readUInt16BE(12) ^ (index % 0x10000), 12);
    const [word0 = 0, word1 = 0, word2 = 0, word3 = 0] = wordsOf(iv);
    return [word0, word1, word2, word3];
  }
}

/** In this machine's byte order, which XOR does not care about. */
function wordsOf(bytes: Buffer): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}

/** A counter's last word with nothing in it but the block's number; more blocks than any packet has. */
const BLOCK_NUMBERS = wordsOf(
  Buffer.concat(
    Array.from({ length: 4_096 }, (_, block) => {
      const word = Buffer.alloc(4);
      word.writeUInt16BE(block, 2);
      return word;
    }),
  ),
);
