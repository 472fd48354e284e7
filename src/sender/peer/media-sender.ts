import { randomInt } from "node:crypto";
import type { PacketReport } from "../congestion/feedback.ts";
import type { ExtensionIds, ExtensionValues } from "./header-extensions.ts";
import type { FirstPacket } from "./packet-ring.ts";
import { Repeats } from "./repeats.ts";
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

/** A packet that left. */
export interface Departed {
  /**
   * Transport-wide, counted from 0 over media and retransmissions, never wrapping. Undefined where the viewer takes none,
   * and where a packet went out again byte for byte, under its first number: no feedback can tell the two apart.
   */
  number: number | undefined;
  /** RTP as protected; UDP and IP not counted. */
  sizeBytes: number;
  /** `performance.now()`. */
  sentAtMs: number;
}

/** A packet whose number and moment are given to it when it leaves. */
export type OutgoingPacket = {
  /** About what {@link Departed} will count. */
  bytes: number;
} & (
  | { kind: "media" | "keyframe"; payload: Buffer; timestamp: number; marker: boolean }
  | { kind: "retransmission"; kept: KeptPacket }
);

/** A packet as it goes out. */
interface MadePacket {
  bytes: Buffer;
  number: number | undefined;
  /** To be sent again when it is asked for; when it left is not known yet. */
  keep?: FirstPacket;
}

/**
 * Hands packets to the network at once, in this order.
 * @returns whether the network has them all; others are not to be touched again
 */
export type Transmit = (packets: readonly Buffer[]) => boolean;

/** RTP header, extensions, SRTP tag. */
const PACKET_OVERHEAD_BYTES = 34;

/** The video stream to one viewer: packets made of payloads, sent, kept, and sent again. */
export class MediaSender {
  /** How long the viewer's player holds a frame back. */
  playoutMs = 0;
  /** The SSRC is in the SDP; the section's id helps a viewer that has not matched it yet. */
  announceMid = true;
  readonly #parameters: MediaParameters;
  readonly #transmit: Transmit;
  readonly #media: RtpStream;
  readonly #rtx: RtpStream | undefined;
  readonly #history = new RetransmissionHistory();
  readonly #repeats = new Repeats();
  readonly #mid: Buffer;
  #nextNumber = 0;

  constructor(parameters: MediaParameters, transmit: Transmit) {
    this.#parameters = parameters;
    this.#transmit = transmit;
    this.#mid = Buffer.from(parameters.mid);
    const { ssrc, payloadType, rtx, firstSequenceNumber = randomInt(0x8000) } = parameters;
    this.#media = this.#stream(ssrc, payloadType, firstSequenceNumber, KEYSTREAM_PACKETS_AHEAD);
    this.#rtx = rtx && this.#stream(rtx.ssrc, rtx.payloadType, randomInt(0x8000), 1);
  }

  /** The last transport-wide number given; -1 before the first, and where there are none. */
  get newestNumber(): number {
    return this.#nextNumber - 1;
  }

  /** Whether {@link pad} sends anything. */
  get pads(): boolean {
    return this.#rtx !== undefined;
  }

  /**
   * A picture's packets, to be handed to {@link depart} in this order.
   * @param capturedAtMs `performance.now()` when the picture was taken
   */
  prepare(payloads: readonly Buffer[], keyframe: boolean, capturedAtMs: number): OutgoingPacket[] {
    const timestamp = this.#timestamp(capturedAtMs);
    const kind = keyframe ? "keyframe" : "media";
    return payloads.map((payload, i) => ({
      kind,
      bytes: payload.length + PACKET_OVERHEAD_BYTES,
      payload,
      timestamp,
      marker: i === payloads.length - 1,
    }));
  }

  /** Sends packets now, all at one moment. */
  depart(packets: readonly OutgoingPacket[]): Departed[] {
    return this.#send(() =>
      packets.map((packet) => (packet.kind === "retransmission" ? this.#again(packet.kept) : this.#first(packet))),
    );
  }

  /**
   * What a NACK's answer is, to be handed to {@link depart}.
   * @param lost sequence numbers
   * @returns less than was asked for when it is gone, was just sent, or is too much
   */
  missing(lost: readonly number[], nowMs: number, rttMs: number): OutgoingPacket[] {
    return this.#history.take(lost, nowMs, rttMs).map((kept) => ({
      kind: "retransmission",
      bytes: kept.payload.length + PACKET_OVERHEAD_BYTES,
      kept,
    }));
  }

  /**
   * What feedback is an answer to as well: retransmissions that it tells lost, which the viewer has not yet asked for anew.
   * To be handed to {@link depart}.
   */
  missingAgain(packets: readonly PacketReport[], nowMs: number): OutgoingPacket[] {
    const lost = this.#repeats.onFeedback(packets);
    return lost.length === 0 ? [] : this.missing(lost, nowMs, 0);
  }

  /** What of {@link missing} does not leave after all, so that the viewer may ask for it anew. */
  giveBack(packet: OutgoingPacket): void {
    if (packet.kind === "retransmission") this.#history.giveBack(packet.kept);
  }

  /**
   * Sends packets of nothing, for a probe: on the RTX stream, so that no gap appears in the media when one is lost.
   * @param paddingBytes of each, 1 to 255 (RFC 3550 section 5.1)
   * @returns none where the viewer takes no RTX
   */
  pad(paddingBytes: number, count: number): Departed[] {
    const rtx = this.#rtx;
    if (!rtx) return [];
    const padding = Buffer.alloc(paddingBytes).fill(paddingBytes, paddingBytes - 1);
    const timestamp = this.#timestamp(performance.now());
    return this.#send(() =>
      Array.from({ length: count }, () => {
        const extensions = this.#nextExtensions();
        const bytes = rtx.make(padding, { timestamp, marker: false, padding: true, extensions });
        return { bytes, number: extensions.transportNumber };
      }),
    );
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

  #first({ payload, timestamp, marker }: Extract<OutgoingPacket, { payload: Buffer }>): MadePacket {
    const { nextSequenceNumber: sequenceNumber } = this.#media;
    const extensions = this.#nextExtensions();
    const bytes = this.#media.make(payload, { timestamp, marker, extensions });
    // Without RTX a packet goes out again byte for byte: protecting another under its index would betray the key.
    const kept = this.#rtx ? payload : Buffer.from(bytes);
    const keep = { sequenceNumber, timestamp, marker, payload: kept, sentAtMs: 0 };
    return { bytes, number: extensions.transportNumber, keep };
  }

  #again(kept: KeptPacket): MadePacket {
    if (!this.#rtx) return { bytes: kept.payload, number: undefined };
    const { timestamp, marker } = kept;
    const extensions = this.#nextExtensions();
    const { transportNumber: number } = extensions;
    if (number !== undefined) this.#repeats.onSent(number, kept);
    const bytes = this.#rtx.make(rtxPayload(kept), { timestamp, marker, extensions });
    return { bytes, number };
  }

  #send(make: () => MadePacket[]): Departed[] {
    const { mark } = slab;
    const made = make();
    const sentAtMs = performance.now();
    this.#repeats.forgetOld(sentAtMs);
    if (this.#transmit(made.map(({ bytes }) => bytes))) slab.giveBack(mark);
    return made.map(({ bytes, number, keep }) => {
      if (keep) {
        keep.sentAtMs = sentAtMs;
        this.#history.add(keep);
      }
      return { number, sizeBytes: bytes.length, sentAtMs };
    });
  }

  #nextExtensions(): ExtensionValues {
    return {
      playoutMs: this.playoutMs,
      transportNumber: this.#parameters.extensionIds.transportWide === undefined ? undefined : this.#nextNumber++,
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
