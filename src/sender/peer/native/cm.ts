import { HMAC_BLOCK_BYTES, hmacBlocks, SHA1_BYTES } from "../hmac.ts";
import { type Address, type NativeLibrary, nativeLibrary } from "./library.ts";
import { Memory } from "./memory.ts";

const KEY_BYTES = 16;
const COUNTER_BYTES = 16;

/** AES-128 in counter mode and HMAC-SHA1 by the OpenSSL inside Node, one context that stays: see `Gcm`. */
export class Cm {
  readonly memory: Memory;
  readonly #library: NativeLibrary;
  readonly #context: Address;
  readonly #length = new ArrayBuffer(8);
  readonly #lengthAddress: Address;
  #keyed: CmSecret | undefined;

  /** @throws when OpenSSL has no such cipher */
  constructor(library: NativeLibrary) {
    this.memory = new Memory(library);
    this.#library = library;
    this.#context = library.evpCipherCtxNew();
    this.#lengthAddress = library.addressOf(this.#length);
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
   * @param message behind a place of 64 bytes that holds {@link CmSecret.innerBlock}
   * @returns 20 bytes, good until the next one
   * @throws when OpenSSL refuses, so that nothing leaves with the tag of another packet
   */
  authenticate(secret: CmSecret, message: Address, bytes: number): Buffer {
    const { sha1 } = this.#library;
    const done =
      sha1(message - HMAC_BLOCK_BYTES, HMAC_BLOCK_BYTES + bytes, secret.outer + HMAC_BLOCK_BYTES) !== 0 &&
      sha1(secret.outer, HMAC_BLOCK_BYTES + SHA1_BYTES, secret.tag) !== 0;
    if (!done) throw new Error("OpenSSL refused to authenticate a packet.");
    return secret.tagBytes;
  }
}

/** Keys, counter and what HMAC needs, in memory that stays where it is. */
export class CmSecret {
  readonly key: Address;
  readonly iv: Address;
  readonly outer: Address;
  readonly tag: Address;
  /** To be written before each packet. */
  readonly counter: Buffer;
  /** To be put right before the message. */
  readonly innerBlock: Buffer;
  readonly tagBytes: Buffer;

  constructor({ memory }: Cm, cipherKey: Buffer, authKey: Buffer) {
    const outerAt = KEY_BYTES + COUNTER_BYTES;
    const tagAt = outerAt + HMAC_BLOCK_BYTES + SHA1_BYTES;
    const bytes = Buffer.from(new ArrayBuffer(tagAt + SHA1_BYTES));
    const { inner, outer } = hmacBlocks(authKey);
    cipherKey.copy(bytes);
    outer.copy(bytes, outerAt);
    this.counter = bytes.subarray(KEY_BYTES, outerAt);
    this.innerBlock = inner;
    this.tagBytes = bytes.subarray(tagAt);
    this.key = memory.addressOf(bytes);
    this.iv = this.key + KEY_BYTES;
    this.outer = this.key + outerAt;
    this.tag = this.key + tagAt;
  }
}

let shared: { cm: Cm | undefined } | undefined;

/** This thread's; nothing where there is no native library, or it does not do as the standards say. */
export function sharedCm(): Cm | undefined {
  shared ??= { cm: open(nativeLibrary()) };
  return shared.cm;
}

function open(library: NativeLibrary | undefined): Cm | undefined {
  if (!library) return undefined;
  try {
    const cm = new Cm(library);
    return isRight(cm) ? cm : undefined;
  } catch {
    return undefined;
  }
}

/** RFC 3711 B.2's first block of key stream, and RFC 2202's first test case of HMAC-SHA1. */
function isRight(cm: Cm): boolean {
  const cipherKey = Buffer.from("2b7e151628aed2a6abf7158809cf4f3c", "hex");
  const secret = new CmSecret(cm, cipherKey, Buffer.alloc(SHA1_BYTES, 0x0b));
  secret.counter.write("f0f1f2f3f4f5f6f7f8f9fafbfcfd0000", "hex");
  const packet = Buffer.from(new ArrayBuffer(HMAC_BLOCK_BYTES + COUNTER_BYTES));
  const message = cm.memory.addressOf(packet) + HMAC_BLOCK_BYTES;
  cm.encrypt(secret, message, COUNTER_BYTES);
  if (packet.toString("hex", HMAC_BLOCK_BYTES) !== "e03ead0935c95e80e166b16dd92b4eb4") return false;
  secret.innerBlock.copy(packet);
  packet.write("Hi There", HMAC_BLOCK_BYTES);
  return cm.authenticate(secret, message, 8).toString("hex") === "b617318655057264e28bc0b6fb378c8ef146be00";
}
