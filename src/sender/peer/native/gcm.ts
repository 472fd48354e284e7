import type { Address, NativeLibrary } from "./library.ts";
import { Memory } from "./memory.ts";
import { onePerThread } from "./one-per-thread.ts";

const GET_TAG = 0x10;
const SET_TAG = 0x11;
export const GCM_KEY_BYTES = 16;
export const GCM_IV_BYTES = 12;
export const GCM_TAG_BYTES = 16;

/** Bytes that are only authenticated, then the text, then the tag, not always side by side. */
export interface GcmPacket {
  authenticated: Address;
  authenticatedBytes: number;
  text: Address;
  textBytes: number;
  tag: Address;
}

/**
 * AES-128-GCM by the OpenSSL inside Node, one context that stays: Node's own ciphers are set up for every packet, which
 * costs ten times the work. Everything is done in place.
 */
export class Gcm {
  readonly memory: Memory;
  /** For a packet that has no such place of its own: as large as any datagram. */
  readonly scratch = Buffer.from(new ArrayBuffer(0x10000));
  readonly #library: NativeLibrary;
  readonly #context: Address;
  readonly #length = new ArrayBuffer(8);
  readonly #lengthAddress: Address;
  #keyed: GcmSecret | undefined;

  /** @throws when OpenSSL has no such cipher */
  constructor(library: NativeLibrary) {
    this.memory = new Memory(library);
    this.#library = library;
    this.#context = library.evpCipherCtxNew();
    this.#lengthAddress = library.addressOf(this.#length);
    if (this.#context === 0 || library.evpCipherInit(this.#context, library.evpAes128Gcm(), 0, 0, 0, 1) !== 1)
      throw new Error("OpenSSL has no AES-GCM");
  }

  /** @throws when OpenSSL refuses, so that nothing leaves in the clear */
  seal(key: GcmSecret, packet: GcmPacket): void {
    const done =
      this.#run(key, packet, 1) &&
      this.#library.evpCipherFinal(this.#context, packet.tag, this.#lengthAddress) === 1 &&
      this.#library.evpCipherCtxCtrl(this.#context, GET_TAG, GCM_TAG_BYTES, packet.tag) === 1;
    if (!done) throw new Error("OpenSSL refused to encrypt a packet.");
    this.#keyed = key;
  }

  /** @returns whether the tag is right; the text is not to be read otherwise */
  open(key: GcmSecret, packet: GcmPacket): boolean {
    const done =
      this.#run(key, packet, 0) &&
      this.#library.evpCipherCtxCtrl(this.#context, SET_TAG, GCM_TAG_BYTES, packet.tag) === 1 &&
      this.#library.evpCipherFinal(this.#context, packet.tag, this.#lengthAddress) === 1;
    if (done) this.#keyed = key;
    return done;
  }

  #run(key: GcmSecret, packet: GcmPacket, encrypts: number): boolean {
    const { authenticated, authenticatedBytes, text, textBytes } = packet;
    const [context, length] = [this.#context, this.#lengthAddress];
    const { evpCipherInit, evpCipherUpdate } = this.#library;
    const newKey = this.#keyed === key ? 0 : key.key;
    this.#keyed = undefined;
    return (
      evpCipherInit(context, 0, 0, newKey, key.iv, encrypts) === 1 &&
      evpCipherUpdate(context, 0, length, authenticated, authenticatedBytes) === 1 &&
      evpCipherUpdate(context, text, length, text, textBytes) === 1
    );
  }
}

/** Key and vector of one direction, in memory that stays where it is. */
export class GcmSecret {
  readonly key: Address;
  readonly iv: Address;
  /** To be written before each packet. */
  readonly vector: Buffer;

  constructor({ memory }: Gcm, key: Buffer) {
    const bytes = Buffer.from(new ArrayBuffer(GCM_KEY_BYTES + GCM_IV_BYTES));
    key.copy(bytes);
    this.vector = bytes.subarray(GCM_KEY_BYTES);
    this.key = memory.addressOf(bytes);
    this.iv = memory.addressOf(this.vector);
  }
}

/** See {@link onePerThread}. */
export const sharedGcm = onePerThread((library) => new Gcm(library), isRight);

/** Test case 2 of the GCM specification by McGrew and Viega: one block of zeros, everything else zero too. */
function isRight(gcm: Gcm): boolean {
  const packet = Buffer.from(new ArrayBuffer(32));
  const text = gcm.memory.addressOf(packet);
  const secret = new GcmSecret(gcm, Buffer.alloc(GCM_KEY_BYTES));
  gcm.seal(secret, { authenticated: text, authenticatedBytes: 0, text, textBytes: 16, tag: text + 16 });
  return packet.toString("hex") === "0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf";
}
