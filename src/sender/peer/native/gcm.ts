import { createCipheriv } from "node:crypto";
import { type Address, type NativeLibrary, nativeLibrary } from "./library.ts";
import { Memory } from "./memory.ts";

const GET_TAG = 0x10;
export const GCM_KEY_BYTES = 16;
export const GCM_IV_BYTES = 12;
export const GCM_TAG_BYTES = 16;

/** The key and the vector stand where they are for as long as they are of use. */
export interface GcmKey {
  key: Address;
  iv: Address;
}

/**
 * AES-128-GCM by the OpenSSL inside Node, one context that stays: Node's own ciphers are set up for every packet, which
 * costs ten times the work. Everything is done in place.
 */
export class Gcm {
  readonly memory: Memory;
  readonly #library: NativeLibrary;
  readonly #context: Address;
  readonly #length = new ArrayBuffer(8);
  readonly #lengthAddress: Address;
  #keyed: GcmKey | undefined;

  constructor(library: NativeLibrary) {
    this.memory = new Memory(library);
    this.#library = library;
    this.#context = library.evpCipherCtxNew();
    this.#lengthAddress = library.addressOf(this.#length);
    if (this.#context === 0 || library.evpEncryptInit(this.#context, library.evpAes128Gcm(), 0, 0, 0) !== 1)
      throw new Error("OpenSSL has no AES-GCM");
  }

  /**
   * Encrypts the text that stands behind what is only authenticated, and puts the tag behind it.
   * @param at where the authenticated part begins
   * @throws when OpenSSL refuses, so that nothing leaves in the clear
   */
  seal(gcm: GcmKey, at: Address, authenticatedBytes: number, textBytes: number): void {
    const { evpEncryptInit, evpEncryptUpdate, evpEncryptFinal, evpCipherCtxCtrl } = this.#library;
    const [context, length] = [this.#context, this.#lengthAddress];
    const text = at + authenticatedBytes;
    const end = text + textBytes;
    const key = this.#keyed === gcm ? 0 : gcm.key;
    this.#keyed = undefined;
    const done =
      evpEncryptInit(context, 0, 0, key, gcm.iv) === 1 &&
      evpEncryptUpdate(context, 0, length, at, authenticatedBytes) === 1 &&
      evpEncryptUpdate(context, text, length, text, textBytes) === 1 &&
      evpEncryptFinal(context, end, length) === 1 &&
      evpCipherCtxCtrl(context, GET_TAG, GCM_TAG_BYTES, end) === 1;
    if (!done) throw new Error("OpenSSL refused to encrypt a packet.");
    this.#keyed = gcm;
  }
}

let shared: { gcm: Gcm | undefined } | undefined;

/** This thread's; nothing where there is no native library, or it does not do as Node's own cipher does. */
export function sharedGcm(): Gcm | undefined {
  shared ??= { gcm: open(nativeLibrary()) };
  return shared.gcm;
}

function open(library: NativeLibrary | undefined): Gcm | undefined {
  if (!library) return undefined;
  try {
    const gcm = new Gcm(library);
    return isRight(gcm) ? gcm : undefined;
  } catch {
    return undefined;
  }
}

function isRight(gcm: Gcm): boolean {
  const [authenticatedBytes, textBytes] = [12, 40];
  const packet = Buffer.from(new ArrayBuffer(authenticatedBytes + textBytes + GCM_TAG_BYTES)).fill(3);
  const secret = Buffer.from(new ArrayBuffer(GCM_KEY_BYTES + GCM_IV_BYTES)).fill(7);
  const cipher = createCipheriv("aes-128-gcm", secret.subarray(0, GCM_KEY_BYTES), secret.subarray(GCM_KEY_BYTES));
  cipher.setAAD(packet.subarray(0, authenticatedBytes));
  const text = cipher.update(packet.subarray(authenticatedBytes, authenticatedBytes + textBytes));
  cipher.final();
  const expected = Buffer.concat([packet.subarray(0, authenticatedBytes), text, cipher.getAuthTag()]);
  const key = gcm.memory.addressOf(secret);
  gcm.seal({ key, iv: key + GCM_KEY_BYTES }, gcm.memory.addressOf(packet), authenticatedBytes, textBytes);
  return packet.equals(expected);
}
