import { hmacBlocks, SHA1_BYTES } from "../hmac.ts";
import type { Address, NativeLibrary } from "./library.ts";
import { Memory } from "./memory.ts";
import { onePerThread } from "./one-per-thread.ts";

const KEY_BYTES = 16;
const COUNTER_BYTES = 16;
/** OpenSSL's SHA_CTX: five words of hash, two of length, a block, a count. */
const SHA1_STATE_BYTES = 96;

/** AES-128 in counter mode and HMAC-SHA1 by the OpenSSL inside Node, one context that stays: see `Gcm`. */
export class Cm {
  readonly memory: Memory;
  /** For a packet that is not to be changed where it stands: as large as any datagram. */
  readonly scratch = Buffer.from(new ArrayBuffer(0x10000));
  readonly #library: NativeLibrary;
  readonly #context: Address;
  readonly #hash = new Uint32Array(SHA1_STATE_BYTES / 4);
  readonly #hashAddress: Address;
  readonly #length = new ArrayBuffer(8);
  readonly #lengthAddress: Address;
  #keyed: CmSecret | undefined;

  /** @throws when OpenSSL has no such cipher */
  constructor(library: NativeLibrary) {
    this.memory = new Memory(library);
    this.#library = library;
    this.#context = library.evpCipherCtxNew();
    this.#lengthAddress = library.addressOf(this.#length);
    this.#hashAddress = library.addressOf(this.#hash.buffer);
    if (this.#context === 0 || library.evpCipherInit(this.#context, library.evpAes128Ctr(), 0, 0, 0, 1) !== 1)
      throw new Error("OpenSSL has no AES in counter mode");
  }

  /**
   * In place, from {@link CmSecret.counter} on.
   * @throws when OpenSSL refuses, so that nothing leaves in the clear
   */
  encrypt(secret: CmSecret, text: Address, bytes: number): void {
    const newKey = this.#keyed === secret ? 0 : secret.key;
    this.#keyed = undefined;
    const done =
      this.#library.evpCipherInit(this.#context, 0, 0, newKey, secret.iv, 1) === 1 &&
      this.#library.evpCipherUpdate(this.#context, text, this.#lengthAddress, text, bytes) === 1;
    if (!done) throw new Error("OpenSSL refused to encrypt a packet.");
    this.#keyed = secret;
  }

  /**
   * HMAC-SHA1 (RFC 2104), each hash going on behind the key's block.
   * @returns 20 bytes, good until the next one
   * @throws when OpenSSL refuses, so that nothing leaves with the tag of another packet
   */
  authenticate(secret: CmSecret, message: Address, bytes: number): Buffer {
    this.#digest(secret.inner, message, bytes, secret.tag);
    this.#digest(secret.outer, secret.tag, SHA1_BYTES, secret.tag);
    return secret.tagBytes;
  }

  /** What stands after a hash has read one block. */
  hashState(block: Buffer): Uint32Array<ArrayBuffer> {
    const [state, bytes] = [new Uint32Array(SHA1_STATE_BYTES / 4), new Uint8Array(block)];
    const done =
      this.#library.sha1Init(this.#hashAddress) === 1 &&
      this.#library.sha1Update(this.#hashAddress, this.memory.addressOf(bytes), bytes.length) === 1;
    if (!done) throw new Error("OpenSSL refused to begin a hash.");
    state.set(this.#hash);
    return state;
  }

  #digest(state: Uint32Array, message: Address, bytes: number, digest: Address): void {
    this.#hash.set(state);
    const done =
      this.#library.sha1Update(this.#hashAddress, message, bytes) === 1 &&
      this.#library.sha1Final(digest, this.#hashAddress) === 1;
    if (!done) throw new Error("OpenSSL refused to authenticate a packet.");
  }
}

/** Keys, counter and what HMAC begins with, in memory that stays where it is. */
export class CmSecret {
  readonly key: Address;
  readonly iv: Address;
  readonly tag: Address;
  readonly inner: Uint32Array<ArrayBuffer>;
  readonly outer: Uint32Array<ArrayBuffer>;
  /** To be written before each packet. */
  readonly counter: Buffer;
  readonly tagBytes: Buffer;

  constructor(cm: Cm, cipherKey: Buffer, authKey: Buffer) {
    const tagAt = KEY_BYTES + COUNTER_BYTES;
    const bytes = Buffer.from(new ArrayBuffer(tagAt + SHA1_BYTES));
    const { inner, outer } = hmacBlocks(authKey);
    cipherKey.copy(bytes);
    this.inner = cm.hashState(inner);
    this.outer = cm.hashState(outer);
    this.counter = bytes.subarray(KEY_BYTES, tagAt);
    this.tagBytes = bytes.subarray(tagAt);
    this.key = cm.memory.addressOf(bytes);
    this.iv = this.key + KEY_BYTES;
    this.tag = this.key + tagAt;
  }
}

/** See {@link onePerThread}. */
export const sharedCm = onePerThread((library) => new Cm(library), isRight);

/** RFC 3711 B.2's first block of key stream, and RFC 2202's first test case of HMAC-SHA1. */
function isRight(cm: Cm): boolean {
  const cipherKey = Buffer.from("2b7e151628aed2a6abf7158809cf4f3c", "hex");
  const secret = new CmSecret(cm, cipherKey, Buffer.alloc(SHA1_BYTES, 0x0b));
  secret.counter.write("f0f1f2f3f4f5f6f7f8f9fafbfcfd0000", "hex");
  const packet = Buffer.from(new ArrayBuffer(COUNTER_BYTES));
  const message = cm.memory.addressOf(packet);
  cm.encrypt(secret, message, COUNTER_BYTES);
  if (packet.toString("hex") !== "e03ead0935c95e80e166b16dd92b4eb4") return false;
  packet.write("Hi There");
  return cm.authenticate(secret, message, 8).toString("hex") === "b617318655057264e28bc0b6fb378c8ef146be00";
}
