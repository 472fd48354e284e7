import { type Cipheriv, createCipheriv, createDecipheriv, createSecretKey, timingSafeEqual } from "node:crypto";
import { HMAC_BLOCK_BYTES, HmacSha1 } from "./hmac.ts";
import { GCM_TAG_BYTES, type Gcm, GcmSecret, sharedGcm } from "./native/gcm.ts";
import { ReplayList } from "./replay-list.ts";
import { AEAD_AES_128_GCM, deriveSessionKeys, type MasterKey, type SessionKeys } from "./srtp-keys.ts";

const HEADER_BYTES = 8;
const SSRC_AT = 4;
const INDEX_BYTES = 4;
const AUTHENTICATED_BYTES = HEADER_BYTES + INDEX_BYTES;
const ENCRYPTED = 0x80000000;
const CM_TAG_BYTES = 10;
const BLOCK_BYTES = 16;
/** A browser speaks as one or two; whoever would speak as more is remembered, and so heard, no further. */
const STREAMS_MAX = 32;

/** Decrypts a viewer's SRTCP: what is not the viewer's own, or was seen before, is nothing. */
export class SrtcpReceiver {
  readonly #open: (packet: Buffer, index: number) => Buffer | undefined;
  readonly #indexFromEnd: number;
  /** By SSRC: each stream counts its packets by itself (RFC 3711 section 3.2.3). */
  readonly #streams = new Map<number, ReplayList>();

  /** @param gcm this thread's, or null to take Node's cipher */
  constructor(profile: number, master: MasterKey, gcm: Gcm | null = sharedGcm() ?? null) {
    const keys = deriveSessionKeys(master, "rtcp");
    const isGcm = profile === AEAD_AES_128_GCM;
    this.#open = isGcm ? gcmOpener(keys, gcm) : cmOpener(keys);
    this.#indexFromEnd = isGcm ? INDEX_BYTES : INDEX_BYTES + CM_TAG_BYTES;
  }

  /** @returns the compound packet, or nothing when it is forged, a replay or in the clear */
  open(packet: Buffer): Buffer | undefined {
    if (packet.length < HEADER_BYTES + this.#indexFromEnd) return undefined;
    const word = packet.readUInt32BE(packet.length - this.#indexFromEnd);
    const index = word & ~ENCRYPTED;
    const ssrc = packet.readUInt32BE(SSRC_AT);
    const known = this.#streams.get(ssrc);
    if (word < ENCRYPTED || known?.has(index) || (!known && this.#streams.size >= STREAMS_MAX)) return undefined;
    const compound = this.#open(packet, index);
    if (!compound) return undefined;
    const stream = known ?? new ReplayList();
    this.#streams.set(ssrc, stream);
    stream.add(index);
    return compound;
  }
}

/** RFC 3711 section 3.4: everything up to the tag is authenticated, all but the header encrypted. */
function cmOpener({ cipherKey, authKey, salt }: SessionKeys) {
  const ecb = createCipheriv("aes-128-ecb", createSecretKey(cipherKey), null).setAutoPadding(false);
  const hmac = new HmacSha1(authKey);
  return (packet: Buffer, index: number): Buffer | undefined => {
    const end = packet.length - CM_TAG_BYTES;
    const tag = hmac.digest(Buffer.concat([hmac.innerBlock, packet.subarray(0, end)], HMAC_BLOCK_BYTES + end));
    if (!timingSafeEqual(Buffer.from(tag, "latin1").subarray(0, CM_TAG_BYTES), packet.subarray(end))) return undefined;
    const compound = Buffer.from(packet.subarray(0, end - INDEX_BYTES));
    const keystream = makeKeystream(ecb, salt, compound.readUInt32BE(SSRC_AT), index, compound.length - HEADER_BYTES);
    for (let i = HEADER_BYTES; i < compound.length; i++) {
      compound[i] = (compound[i] as number) ^ (keystream[i - HEADER_BYTES] as number);
    }
    return compound;
  };
}

function makeKeystream(ecb: Cipheriv, salt: Buffer, ssrc: number, index: number, bytes: number): Buffer {
  const counters = Buffer.alloc(Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES);
  for (let at = 0, block = 0; at < counters.length; at += BLOCK_BYTES, block++) {
    salt.copy(counters, at);
    counters.writeUInt32BE((counters.readUInt32BE(at + 4) ^ ssrc) >>> 0, at + 4);
    counters.writeUInt32BE((counters.readUInt32BE(at + 10) ^ index) >>> 0, at + 10);
    counters.writeUInt16BE(block, at + 14);
  }
  return ecb.update(counters);
}

/** RFC 7714 section 9: the header and the index are authenticated only. */
function gcmOpener(keys: SessionKeys, gcm: Gcm | null) {
  const decrypt = gcm ? sharedGcmDecrypt(gcm, keys) : gcmDecrypt(keys);
  return (packet: Buffer, index: number): Buffer | undefined => {
    const end = packet.length - INDEX_BYTES - GCM_TAG_BYTES;
    return end < HEADER_BYTES ? undefined : decrypt(packet, end, index);
  };
}

function gcmDecrypt({ cipherKey, salt }: SessionKeys) {
  const key = createSecretKey(cipherKey);
  const iv = Buffer.alloc(salt.length);
  return (packet: Buffer, end: number, index: number): Buffer | undefined => {
    writeGcmVector(iv, salt, packet, index);
    const decipher = createDecipheriv("aes-128-gcm", key, iv, { authTagLength: GCM_TAG_BYTES });
    const header = packet.subarray(0, HEADER_BYTES);
    decipher.setAAD(Buffer.concat([header, packet.subarray(packet.length - INDEX_BYTES)]));
    decipher.setAuthTag(packet.subarray(end, end + GCM_TAG_BYTES));
    const body = decipher.update(packet.subarray(HEADER_BYTES, end));
    try {
      decipher.final();
    } catch {
      return undefined;
    }
    return Buffer.concat([header, body]);
  };
}

function sharedGcmDecrypt(gcm: Gcm, { cipherKey, salt }: SessionKeys) {
  const secret = new GcmSecret(gcm, cipherKey);
  const { scratch } = gcm;
  const at = gcm.memory.addressOf(scratch);
  return (packet: Buffer, end: number, index: number): Buffer | undefined => {
    if (AUTHENTICATED_BYTES + packet.length > scratch.length) return undefined;
    writeGcmVector(secret.vector, salt, packet, index);
    // What is authenticated only, side by side, and then the whole packet.
    packet.copy(scratch, 0, 0, HEADER_BYTES);
    packet.copy(scratch, HEADER_BYTES, packet.length - INDEX_BYTES);
    packet.copy(scratch, AUTHENTICATED_BYTES);
    const opened = gcm.open(secret, {
      authenticated: at,
      authenticatedBytes: AUTHENTICATED_BYTES,
      text: at + AUTHENTICATED_BYTES + HEADER_BYTES,
      textBytes: end - HEADER_BYTES,
      tag: at + AUTHENTICATED_BYTES + end,
    });
    return opened ? Buffer.from(scratch.subarray(AUTHENTICATED_BYTES, AUTHENTICATED_BYTES + end)) : undefined;
  };
}

function writeGcmVector(iv: Buffer, salt: Buffer, packet: Buffer, index: number): void {
  salt.copy(iv);
  iv.writeUInt32BE((iv.readUInt32BE(2) ^ packet.readUInt32BE(SSRC_AT)) >>> 0, 2);
  iv.writeUInt32BE((iv.readUInt32BE(8) ^ index) >>> 0, 8);
}
