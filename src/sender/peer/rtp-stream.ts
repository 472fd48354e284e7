import { EXTENSIONS_MAX_BYTES, type ExtensionIds, type ExtensionValues, writeExtensions } from "./header-extensions.ts";
import type { Slab } from "./slab.ts";
import type { RtpProtector } from "./srtp.ts";

const FIXED_HEADER_BYTES = 12;
const VERSION = 0x80;
const PADDING = 0x20;
const EXTENSION = 0x10;
const MARKER = 0x80;

export interface RtpStreamOptions {
  ssrc: number;
  payloadType: number;
  extensionIds: ExtensionIds;
  protector: RtpProtector;
  slab: Slab;
  /** Below 2^15 a viewer that misses the first packets still knows the rollover counter (RFC 3711 section 3.3.1). */
  firstSequenceNumber: number;
}

export interface RtpPacketInfo {
  /** RTP clock, 32 bits. */
  timestamp: number;
  marker: boolean;
  /** The payload is padding, or ends with it. */
  padding?: boolean;
  extensions: ExtensionValues;
}

/** One SSRC toward one viewer: its sequence numbers, rollover counter and counts for the sender reports (RFC 3550). */
export class RtpStream {
  readonly ssrc: number;
  readonly #options: RtpStreamOptions;
  /** 48 bits: rollover counter and sequence number. */
  #nextIndex: number;
  #packets = 0;
  #payloadBytes = 0;

  constructor(options: RtpStreamOptions) {
    this.ssrc = options.ssrc;
    this.#options = options;
    this.#nextIndex = options.firstSequenceNumber;
  }

  get packets(): number {
    return this.#packets;
  }

  /** Octets of payload, headers not counted, as sender reports have it. */
  get payloadBytes(): number {
    return this.#payloadBytes;
  }

  /** The sequence number of the packet that {@link make} makes next. */
  get nextSequenceNumber(): number {
    return this.#nextIndex % 0x10000;
  }

  /** The next packet, protected and ready to leave. */
  make(payload: Buffer, { timestamp, marker, padding, extensions }: RtpPacketInfo): Buffer {
    const { ssrc, payloadType, extensionIds, protector, slab } = this.#options;
    const index = this.#nextIndex++;
    const room = slab.take(FIXED_HEADER_BYTES + EXTENSIONS_MAX_BYTES + payload.length + protector.overheadBytes);
    const { bytes, at } = room;
    const extensionBytes = writeExtensions(bytes, at + FIXED_HEADER_BYTES, extensionIds, extensions);
    bytes[at] = VERSION | (padding ? PADDING : 0) | (extensionBytes > 0 ? EXTENSION : 0);
    bytes[at + 1] = (marker ? MARKER : 0) | payloadType;
    bytes.writeUInt16BE(index % 0x10000, at + 2);
    bytes.writeUInt32BE(timestamp, at + 4);
    bytes.writeUInt32BE(ssrc, at + 8);
    this.#packets++;
    this.#payloadBytes += payload.length;
    return protector.protect(room, FIXED_HEADER_BYTES + extensionBytes, payload, index);
  }
}
