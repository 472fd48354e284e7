import type { RTCDtlsTransport, RTCRtpTransceiver } from "werift";
import { type FeedbackHandlers, FeedbackReader, type PeerFeedback } from "./feedback-reader.ts";
import { negotiatedIds } from "./header-extensions.ts";
import { type MediaParameters, MediaSender, type OutgoingPacket } from "./media-sender.ts";
import { PacketExit } from "./packet-exit.ts";
import { takeSrtcpAhead } from "./repairs/srtcp-ahead.ts";
import { takeWholeRtcp } from "./repairs/whole-rtcp.ts";
import { SrtcpReceiver, SrtcpSender } from "./srtcp.ts";
import { AEAD_AES_128_GCM, type MasterKey } from "./srtp-keys.ts";

const KEY_BYTES = 16;
const CM_SALT_BYTES = 14;
const GCM_SALT_BYTES = 12;
const REPORT_INTERVAL_MS = 1_000;
/** Until the first round trip is measured. A guess too short costs a packet sent twice, one too long a frozen picture. */
const RTT_ASSUMED_MS = 20;

export interface MediaLinkOptions extends Omit<FeedbackHandlers, "onNack" | "newestNumber"> {
  /** See `PeerOptions`. */
  roundTripMs?(): number | undefined;
  /** What the viewer misses, and what of it is to go out again. */
  onRetransmission(packets: OutgoingPacket[]): void;
  /** See `MediaParameters`. */
  firstSequenceNumber?: number;
}

/** Media out and feedback in, over a connected transport of werift's. */
export class MediaLink {
  readonly sender: MediaSender;
  readonly #options: MediaLinkOptions;
  readonly #reader: FeedbackReader;
  readonly #exit: PacketExit;
  readonly #srtcp: SrtcpSender;
  #reportTimer: NodeJS.Timeout | undefined;
  #sendErrors = 0;
  #lastHeardAtMs = performance.now();
  #closed = false;

  /** @throws when the transport is not connected, or negotiated what is not spoken here */
  constructor(transport: RTCDtlsTransport, video: RTCRtpTransceiver, options: MediaLinkOptions) {
    this.#options = options;
    const keys = srtpKeys(transport);
    const parameters = mediaParameters(video, keys, options.firstSequenceNumber);
    // A refused packet is one lost, which the viewer asks for again; a path that is gone is ICE's to notice.
    this.#exit = new PacketExit(transport.iceTransport.connection, () => this.#sendErrors++);
    this.sender = new MediaSender(parameters, (packets) => this.#exit.send(packets));
    this.#reader = new FeedbackReader(parameters.ssrc, {
      onFeedback: (feedback) => this.#receive(feedback),
      onKeyframeRequest: options.onKeyframeRequest,
      onNack: (lost) => this.#answerNack(lost),
      newestNumber: () => this.sender.newestNumber,
    });
    this.#srtcp = new SrtcpSender(keys.profile, keys.local);
    const srtcp = new SrtcpReceiver(keys.profile, keys.remote);
    const hear = (datagram: Buffer) => {
      const compound = srtcp.open(datagram);
      if (!compound || this.#closed) return;
      this.#lastHeardAtMs = performance.now();
      this.sender.announceMid = false;
      this.#reader.receive(compound, this.#lastHeardAtMs);
    };
    takeSrtcpAhead(transport, hear);
    takeWholeRtcp(transport, hear, (compound) => this.#srtcp.seal(compound));
  }

  /** `performance.now()` when the viewer's RTCP was last heard. */
  get lastHeardAtMs(): number {
    return this.#lastHeardAtMs;
  }

  /** How many packets the socket or the relay refused. */
  get sendErrors(): number {
    return this.#sendErrors;
  }

  prepare(payloads: readonly Buffer[], keyframe: boolean, capturedAtMs: number): OutgoingPacket[] {
    if (!this.#reportTimer && !this.#closed) this.#report();
    return this.sender.prepare(payloads, keyframe, capturedAtMs);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#reportTimer);
  }

  #receive(feedback: PeerFeedback): void {
    this.#options.onFeedback(feedback);
    if (feedback.kind === "transport") {
      const missing = this.sender.missingAgain(feedback.packets, feedback.receivedAtMs);
      if (missing.length > 0) this.#options.onRetransmission(missing);
    }
  }

  #answerNack(lost: number[]): void {
    const rttMs = this.#options.roundTripMs?.() ?? this.#reader.roundTrip.rttMs ?? RTT_ASSUMED_MS;
    this.#options.onRetransmission(this.sender.missing(lost, performance.now(), rttMs));
  }

  /** Sender reports, at intervals by chance around one second so that many do not fall together (RFC 3550 6.2). */
  #report(): void {
    const nowMs = performance.now();
    this.#reader.roundTrip.reported(performance.timeOrigin + nowMs);
    this.#exit.send([this.#srtcp.seal(this.sender.senderReport(nowMs))]);
    const inMs = REPORT_INTERVAL_MS * (0.5 + Math.random());
    this.#reportTimer = setTimeout(() => this.#report(), inMs);
  }
}

interface SrtpKeys {
  profile: number;
  local: MasterKey;
  remote: MasterKey;
}

function srtpKeys({ dtls }: RTCDtlsTransport): SrtpKeys {
  const profile = dtls?.srtp.srtpProfile;
  if (!dtls || profile === undefined) throw new Error("There are no keys for media before DTLS is connected.");
  const { localKey, localSalt, remoteKey, remoteSalt } = dtls.extractSessionKeys(
    KEY_BYTES,
    profile === AEAD_AES_128_GCM ? GCM_SALT_BYTES : CM_SALT_BYTES,
  );
  return { profile, local: { key: localKey, salt: localSalt }, remote: { key: remoteKey, salt: remoteSalt } };
}

function mediaParameters(
  { sender, headerExtensions, mid }: RTCRtpTransceiver,
  { profile, local }: SrtpKeys,
  firstSequenceNumber: number | undefined,
): MediaParameters {
  if (!sender.codec) throw new Error("Media cannot begin before a codec is agreed on.");
  const rtxPayloadType: unknown = Reflect.get(sender, "rtxPayloadType");
  return {
    ssrc: sender.ssrc,
    payloadType: sender.codec.payloadType,
    ...(typeof rtxPayloadType === "number" ? { rtx: { ssrc: sender.rtxSsrc, payloadType: rtxPayloadType } } : {}),
    extensionIds: negotiatedIds(headerExtensions),
    mid: mid ?? "",
    cname: String(Reflect.get(sender, "cname") ?? ""),
    srtpProfile: profile,
    masterKey: local,
    firstSequenceNumber,
  };
}
