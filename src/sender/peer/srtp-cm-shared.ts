import { type Cm, CmSecret } from "./native/cm.ts";
import type { Room } from "./slab.ts";
import type { RtpProtector } from "./srtp.ts";
import type { SessionKeys } from "./srtp-keys.ts";

const TAG_BYTES = 10;
const ROC_BYTES = 4;

/** AES_CM_128_HMAC_SHA1_80 (RFC 3711) for one SSRC, by a cipher that all viewers of a thread share. */
export class SharedCmProtector implements RtpProtector {
  readonly overheadBytes = TAG_BYTES;
  readonly #cm: Cm;
  readonly #secret: CmSecret;
  /** Of the counter's bytes 8 to 13, with no index in them. */
  readonly #rolloverSalt: number;
  readonly #sequenceSalt: number;

  constructor(cm: Cm, keys: SessionKeys, ssrc: number) {
    this.#cm = cm;
    this.#secret = new CmSecret(cm, keys.cipherKey, keys.authKey);
    const { counter } = this.#secret;
    keys.salt.copy(counter);
    counter.writeUInt32BE((counter.readUInt32BE(4) ^ ssrc) >>> 0, 4);
    this.#rolloverSalt = counter.readUInt32BE(8);
    this.#sequenceSalt = counter.readUInt16BE(12);
  }

  protect({ bytes, at }: Room, headerBytes: number, payload: Buffer, index: number): Buffer {
    const end = at + headerBytes + payload.length;
    const rollovers = Math.floor(index / 0x10000);
    const { counter } = this.#secret;
    counter.writeUInt32BE((this.#rolloverSalt ^ rollovers) >>> 0, 8);
    counter.writeUInt16BE(this.#sequenceSalt ^ (index % 0x10000), 12);
    payload.copy(bytes, at + headerBytes);
    const packet = bytes.subarray(at, end + TAG_BYTES);
    const address = this.#cm.memory.addressOf(packet);
    this.#cm.encrypt(this.#secret, address + headerBytes, payload.length);
    bytes.writeUInt32BE(rollovers, end);
    this.#cm.authenticate(this.#secret, address, end - at + ROC_BYTES).copy(bytes, end, 0, TAG_BYTES);
    return packet;
  }
}
