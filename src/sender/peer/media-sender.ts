import { randomInt } from "node:crypto";
import type { ExtensionIds, ExtensionValues } from "./header-extensions.ts";
import { RtpStream } from "./rtp-stream.ts";
import { type KeptPacket, RetransmissionHistory, rtxPayload } from "./rtx.ts";
import { writeSenderReport } from "./sender-report.ts";
import { Slab } from "./slab.ts";
import { makeProtector } from "./srtp.ts";
import type { MasterKey } from "./srtp-keys.ts";

export const VIDEO_CLOCK_HZ = 90_000;
/** A frame of 2.5 Mbps at 30 fps has nine. */
const KEYSTREAM_PACKETS_AHEAD = 8;

/** One for all viewers: what one picture becomes for all of them stands side by side. */
const slab = new Slab();

export interface MediaParameters {
  ssrc: number;
  payloadType: number;
  /** Absent where the viewer takes no RTX (RFC 4588). */
  rtx?: { ssrc: number; payloadType: number };
  extensionIds: ExtensionIds;
  mid: string;
  cname: string;
  /** As DTLS negotiated it: see srtp-keys.ts. */
  srtpProfile: number;
  masterKey: MasterKey;
  /** Below 2^15; by chance when absent. */
  firstSequenceNumber?: number;
}

/** A packet that left, for whoever reckons with the path's rate and delay. */
export interface SentPacket {
  /** Transport-wide, counted from 0 over media and retransmissions, never wrapping. */
  number: number;
  /** RTP as protected; UDP and IP not counted. */
  sizeBytes: number;
  /** `performance.now()`. */
  sentAtMs: number;
  retransmission: boolean;
}

/** The video stream to one viewer: packets made of payloads, sent, kept, and sent again. */
export class MediaSender {
  /** How long the viewer's player holds a frame back. */
  playoutDelay = { minMs: 0, maxMs: 0 };
  /** The SSRC is in the SDP; the section's id helps a viewer that has not matched it yet. */
  announceMid = true;
  readonly #parameters: MediaParameters;
  readonly #transmit: (packet: Buffer) => void;
  readonly #media: RtpStream;
  readonly #rtx: RtpStream | undefined;
  readonly #history = new RetransmissionHistory();
  readonly #mid: Buffer;
  #nextNumber = 0;

  /** @param transmit hands a packet to the network at once; the packet is not touched again */
  constructor(parameters: MediaParameters, transmit: (packet: Buffer) => void) {
    this.#parameters = parameters;
    this.#transmit = transmit;
    this.#mid = Buffer.from(parameters.mid);
    const { ssrc, payloadType, rtx, firstSequenceNumber = randomInt(0x8000) } = parameters;
    this.#media = this.#stream(ssrc, payloadType, firstSequenceNumber, KEYSTREAM_PACKETS_AHEAD);
    this.#rtx = rtx && this.#stream(rtx.ssrc, rtx.payloadType, randomInt(0x8000), 1);
  }

  /** The last transport-wide number given; -1 before the first. */
  get newestNumber(): number {
    return this.#nextNumber - 1;
  }

  /** @param capturedAtMs `performance.now()` when the picture was taken */
  send(payloads: readonly Buffer[], capturedAtMs: number): SentPacket[] {
    const timestamp = this.#timestamp(capturedAtMs);
    return payloads.map((payload, i) => {
      const marker = i === payloads.length - 1;
      const { nextSequenceNumber: sequenceNumber } = this.#media;
      const packet = this.#media.make(payload, { timestamp, marker, extensions: this.#nextExtensions() });
      const sent = this.#send(packet, false);
      // Without RTX a packet goes out again byte for byte: protecting another under its index would betray the key.
      const kept = this.#rtx ? payload : Buffer.from(packet);
      this.#history.add({ sequenceNumber, timestamp, marker, payload: kept, sentAtMs: sent.sentAtMs });
      return sent;
    });
  }

  /**
   * Answers a NACK.
   * @param lost sequence numbers
   * @returns what went out again: less than was asked for when it is gone, was just sent, or is too much
   */
  resend(lost: readonly number[], nowMs: number, rttMs: number): SentPacket[] {
    return this.#history.take(lost, nowMs, rttMs).map((kept) => this.#resend(kept));
  }

  /** A compound RTCP packet, not yet protected. */
  senderReport(nowMs: number): Buffer {
    const { ssrc, cname } = this.#parameters;
    return writeSenderReport({
      ssrc,
      cname,
      wallMs: performance.timeOrigin + nowMs,
      rtpTimestamp: this.#timestamp(nowMs),
      packets: this.#media.packets,
      payloadBytes: this.#media.payloadBytes,
    });
  }

  #resend(kept: KeptPacket): SentPacket {
    if (!this.#rtx) return this.#send(kept.payload, true);
    const { timestamp, marker } = kept;
    return this.#send(
      this.#rtx.make(rtxPayload(kept), { timestamp, marker, extensions: this.#nextExtensions() }),
      true,
    );
  }

  #send(packet: Buffer, retransmission: boolean): SentPacket {
    const sent = { number: this.newestNumber, sizeBytes: packet.length, sentAtMs: performance.now(), retransmission };
    this.#transmit(packet);
    return sent;
  }

  #nextExtensions(): ExtensionValues {
    return {
      playoutDelay: this.playoutDelay,
      transportNumber: this.#nextNumber++,
      mid: this.announceMid ? this.#mid : undefined,
    };
  }

  /** All viewers' RTP clocks are this process's own, so that one picture has one timestamp. */
  #timestamp(atMs: number): number {
    return Math.round(atMs * (VIDEO_CLOCK_HZ / 1_000)) >>> 0;
  }

  #stream(ssrc: number, payloadType: number, firstSequenceNumber: number, packetsAhead: number): RtpStream {
    const { extensionIds, srtpProfile, masterKey } = this.#parameters;
    const protector = makeProtector(srtpProfile, masterKey, ssrc, packetsAhead);
    return new RtpStream({ ssrc, payloadType, extensionIds, protector, slab, firstSequenceNumber });
  }
}
