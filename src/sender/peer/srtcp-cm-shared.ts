import { timingSafeEqual } from "node:crypto";
import { type Cm, CmSecret } from "./native/cm.ts";
import type { Address } from "./native/library.ts";
import { CM_TAG_BYTES, writeCmCounter } from "./srtcp-cm.ts";
import { ENCRYPTED, HEADER_BYTES, INDEX_BYTES, type SrtcpCrypt } from "./srtcp-crypt.ts";
import type { SessionKeys } from "./srtp-keys.ts";

/** As `NodeCmCrypt`, by a cipher that all viewers of a thread share. */
export class SharedCmCrypt implements SrtcpCrypt {
  readonly indexFromEnd = INDEX_BYTES + CM_TAG_BYTES;
  readonly #cm: Cm;
  readonly #secret: CmSecret;
  readonly #salt: Buffer;
  readonly #at: Address;

  constructor(cm: Cm, { cipherKey, authKey, salt }: SessionKeys) {
    this.#cm = cm;
    this.#secret = new CmSecret(cm, cipherKey, authKey);
    this.#salt = salt;
    this.#at = cm.memory.addressOf(cm.scratch);
  }

  open(packet: Buffer, index: number): Buffer | undefined {
    const { scratch } = this.#cm;
    const end = packet.length - CM_TAG_BYTES;
    if (end > scratch.length) return undefined;
    packet.copy(scratch, 0, 0, end);
    if (!timingSafeEqual(this.#tag(end), packet.subarray(end))) return undefined;
    this.#crypt(end - INDEX_BYTES, index);
    return Buffer.from(scratch.subarray(0, end - INDEX_BYTES));
  }

  seal(compound: Buffer, index: number): Buffer {
    const { scratch } = this.#cm;
    compound.copy(scratch);
    this.#crypt(compound.length, index);
    const end = scratch.writeUInt32BE(ENCRYPTED + index, compound.length);
    this.#tag(end).copy(scratch, end);
    return Buffer.from(scratch.subarray(0, end + CM_TAG_BYTES));
  }

  #tag(messageBytes: number): Buffer {
    return this.#cm.authenticate(this.#secret, this.#at, messageBytes).subarray(0, CM_TAG_BYTES);
  }

  #crypt(compoundBytes: number, index: number): void {
    const { counter } = this.#secret;
    writeCmCounter(counter, this.#salt, this.#cm.scratch.readUInt32BE(4), index);
    this.#cm.encrypt(this.#secret, this.#at + HEADER_BYTES, compoundBytes - HEADER_BYTES);
  }
}
