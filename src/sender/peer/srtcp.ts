import { type Cm, sharedCm } from "./native/cm.ts";
import { type Gcm, sharedGcm } from "./native/gcm.ts";
import { ReplayList } from "./replay-list.ts";
import { NodeCmCrypt } from "./srtcp-cm.ts";
import { SharedCmCrypt } from "./srtcp-cm-shared.ts";
import { ENCRYPTED, HEADER_BYTES, type SrtcpCrypt } from "./srtcp-crypt.ts";
import { NodeGcmCrypt, SharedGcmCrypt } from "./srtcp-gcm.ts";
import { AEAD_AES_128_GCM, deriveSessionKeys, type MasterKey } from "./srtp-keys.ts";

const SSRC_AT = 4;
/** What fits into a datagram of Ethernet's; browsers stay below. */
const PACKET_MAX_BYTES = 1_500;
/** A browser speaks as one or two; whoever would speak as more is remembered, and so heard, no further. */
const STREAMS_MAX = 32;
/** More than werift can have sent before by its own count: the same index twice would betray what both hide. */
const FIRST_INDEX = 0x10000;

/** What this thread's library does; nothing to take Node's ciphers. */
export interface SharedCiphers {
  cm?: Cm | undefined;
  gcm?: Gcm | undefined;
}

/** Decrypts a viewer's SRTCP: what is not the viewer's own, or was seen before, is nothing. */
export class SrtcpReceiver {
  readonly #crypt: SrtcpCrypt;
  /** By SSRC: each stream counts its packets by itself (RFC 3711 section 3.2.3). */
  readonly #streams = new Map<number, ReplayList>();

  constructor(profile: number, master: MasterKey, shared = sharedCiphers()) {
    this.#crypt = makeCrypt(profile, master, shared);
  }

  /** @returns the compound packet, or nothing when it is forged, a replay, too long or in the clear */
  open(packet: Buffer): Buffer | undefined {
    const { indexFromEnd } = this.#crypt;
    if (packet.length < HEADER_BYTES + indexFromEnd || packet.length > PACKET_MAX_BYTES) return undefined;
    const word = packet.readUInt32BE(packet.length - indexFromEnd);
    const index = word & ~ENCRYPTED;
    const ssrc = packet.readUInt32BE(SSRC_AT);
    const known = this.#streams.get(ssrc);
    if (word < ENCRYPTED || known?.has(index) || (!known && this.#streams.size >= STREAMS_MAX)) return undefined;
    const compound = this.#crypt.open(packet, index);
    if (!compound) return undefined;
    const stream = known ?? new ReplayList();
    this.#streams.set(ssrc, stream);
    stream.add(index);
    return compound;
  }
}

/** Encrypts this end's RTCP. */
export class SrtcpSender {
  readonly #crypt: SrtcpCrypt;
  #nextIndex = FIRST_INDEX;

  constructor(profile: number, master: MasterKey, shared = sharedCiphers()) {
    this.#crypt = makeCrypt(profile, master, shared);
  }

  seal(compound: Buffer): Buffer {
    return this.#crypt.seal(compound, this.#nextIndex++);
  }
}

function sharedCiphers(): SharedCiphers {
  return { cm: sharedCm(), gcm: sharedGcm() };
}

function makeCrypt(profile: number, master: MasterKey, { cm, gcm }: SharedCiphers): SrtcpCrypt {
  const keys = deriveSessionKeys(master, "rtcp");
  if (profile === AEAD_AES_128_GCM) return gcm ? new SharedGcmCrypt(gcm, keys) : new NodeGcmCrypt(keys);
  return cm ? new SharedCmCrypt(cm, keys) : new NodeCmCrypt(keys);
}
