import {
  RTCPeerConnection,
  RTCRtpCodecParameters,
  RTCRtpHeaderExtensionParameters,
  type RTCRtpTransceiver,
  RtpHeader,
  RtpPacket,
} from "werift";
import type { IceServer } from "../../protocol/ice.ts";
import { CANDIDATES_MAX } from "../../protocol/limits.ts";
import { toWerift, type WireCandidate } from "./candidates.ts";
import { trustDtlsOnlyWithProof } from "./repairs/dtls-trust.ts";
import { keepEarlyHello } from "./repairs/early-hello.ts";
import { pairLateRelays } from "./repairs/late-relay.ts";
import { skipCookie } from "./repairs/no-cookie.ts";
import { forgetDefaultStun } from "./repairs/no-default-stun.ts";
import { connectOnNomination } from "./repairs/prompt-ice.ts";
import { gatherWithin } from "./repairs/trickle.ts";
import { mendStaleNonce } from "./repairs/turn-nonce.ts";
import { noteStages, type PeerStages } from "./stages.ts";

const PLAYOUT_DELAY_URI = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay";
/** Least and greatest delay, 12 bits each, in 10 ms: both zero, so that the browser shows a frame as it comes. */
const PLAYOUT_DELAY_ZERO = Buffer.from([0, 0, 0]);
const VIDEO_CLOCK_HZ = 90_000;
/** Video, audio and data, and some to spare: outside a BUNDLE group each opens sockets of its own. */
const MEDIA_SECTIONS_MAX = 8;

export type PeerState = "connecting" | "connected" | "closed";

export interface PeerOptions {
  iceServers: IceServer[];
  /** Use TURN only, so that the viewer never learns this machine's addresses. */
  relayOnly: boolean;
  /** Offer 127.0.0.1 too, for a viewer on this machine where no network is up. */
  loopback: boolean;
  onCandidate(candidate: WireCandidate): void;
  onState(state: PeerState): void;
  /** The viewer's decoder cannot go on without a keyframe (PLI, RFC 4585; FIR, RFC 5104). */
  onKeyframeRequest(): void;
}

/** One WebRTC connection to one viewer. Everything that is werift's stays behind this class. */
export class Peer {
  readonly stages: PeerStages = {};
  readonly #pc: RTCPeerConnection;
  readonly #options: PeerOptions;
  #video: RTCRtpTransceiver | undefined;
  #playoutDelayId: number | undefined;
  #sequenceNumber = Math.floor(Math.random() * 0x8000);
  #state: PeerState = "connecting";
  #startedByKeyframe = false;
  #lastHeardAtMs = performance.now();
  readonly #gone = Promise.withResolvers<never>();

  constructor(options: PeerOptions) {
    this.#options = options;
    this.#gone.promise.catch(() => {});
    this.#pc = new RTCPeerConnection({
      bundlePolicy: "max-bundle",
      iceServers: options.iceServers.map(({ urls, ...rest }) => ({ urls, ...rest })),
      ...(options.loopback ? { iceAdditionalHostAddresses: ["127.0.0.1"] } : {}),
      iceStunGatherTimeout: 1,
      iceTransportPolicy: options.relayOnly ? "relay" : "all",
      codecs: {
        video: [
          new RTCRtpCodecParameters({
            mimeType: "video/H264",
            clockRate: VIDEO_CLOCK_HZ,
            rtcpFeedback: [{ type: "nack" }, { type: "nack", parameter: "pli" }, { type: "ccm", parameter: "fir" }],
            parameters: "profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1",
          }),
          new RTCRtpCodecParameters({ mimeType: "video/rtx", clockRate: VIDEO_CLOCK_HZ, parameters: "apt=" }),
        ],
        audio: [],
      },
      headerExtensions: { video: [new RTCRtpHeaderExtensionParameters({ uri: PLAYOUT_DELAY_URI })], audio: [] },
    });
    this.#pc.onIceCandidate.subscribe((candidate) => {
      const json = candidate?.toJSON();
      if (json?.candidate) this.#options.onCandidate({ ...json, candidate: json.candidate });
      else this.#options.onCandidate({ candidate: null });
    });
    this.#pc.connectionStateChange.subscribe((state) => {
      if (state === "connected") this.#setState("connected");
      else if (state === "failed" || state === "closed") this.#setState("closed");
    });
  }

  get state(): PeerState {
    return this.#state;
  }

  /** `performance.now()` when the viewer's RTCP was last heard. */
  get lastHeardAtMs(): number {
    return this.#lastHeardAtMs;
  }

  /**
   * Answers a viewer's offer.
   * @param gatherMs how long to wait for candidates; those that come later are trickled
   * @returns the exact SDP to be sent
   * @throws when the offer cannot be read, asks for too much or has no video that takes H.264, or when this is closed
   */
  answer(offerSdp: string, gatherMs: number): Promise<string> {
    // A connection that is closed meanwhile may leave werift waiting for ever.
    return Promise.race([this.#answer(offerSdp, gatherMs), this.#gone.promise]);
  }

  async #answer(offerSdp: string, gatherMs: number): Promise<string> {
    requireModest(offerSdp);
    await this.#pc.setRemoteDescription({ type: "offer", sdp: withoutSources(offerSdp) });
    const video = this.#pc.getTransceivers().find(({ kind }) => kind === "video");
    if (!video) throw new Error("the offer has no video");
    video.setDirection("sendonly");
    this.#video = video;
    if (!this.#options.iceServers.some(({ urls }) => urls.some((url) => /^stuns?:/.test(url))))
      forgetDefaultStun(this.#pc);
    pairLateRelays(this.#pc, mendStaleNonce);
    gatherWithin(this.#pc, gatherMs);
    // As DTLS client werift would sleep 100 ms before its first flight.
    for (const transport of this.#pc.dtlsTransports) transport.role = "server";
    trustDtlsOnlyWithProof(this.#pc);
    skipCookie(this.#pc);
    keepEarlyHello(this.#pc);
    connectOnNomination(this.#pc);
    noteStages(this.#pc, this.stages);
    const answer = await this.#pc.createAnswer();
    await this.#pc.setLocalDescription(answer);
    const sdp = this.#pc.localDescription?.sdp;
    if (!sdp || !/^a=rtpmap:\d+ H264\//m.test(sdp)) throw new Error("the offer takes no H.264");
    this.#playoutDelayId = video.headerExtensions.find(({ uri }) => uri === PLAYOUT_DELAY_URI)?.id;
    // werift's connection state does not follow when the viewer closes DTLS.
    for (const transport of this.#pc.dtlsTransports) {
      transport.onStateChange.subscribe((state) => {
        if (state === "closed" || state === "failed") this.#setState("closed");
      });
    }
    video.sender.onPictureLossIndication.subscribe(() => this.#options.onKeyframeRequest());
    video.sender.onRtcp.subscribe(() => {
      this.#lastHeardAtMs = performance.now();
    });
    return sdp;
  }

  async addCandidate(wire: WireCandidate): Promise<void> {
    const candidate = toWerift(wire);
    if (candidate && this.#state !== "closed") await this.#pc.addIceCandidate(candidate);
  }

  /**
   * Sends one picture. Pictures before the first keyframe are dropped: no decoder could use them.
   * @param payloads from the packetizer
   * @param capturedAtMs `performance.now()` when the picture was taken
   */
  send(payloads: readonly Buffer[], keyframe: boolean, capturedAtMs: number): void {
    const sender = this.#video?.sender;
    if (this.#state !== "connected" || !sender) return;
    this.#startedByKeyframe ||= keyframe;
    if (!this.#startedByKeyframe) return;
    const timestamp = Math.round(capturedAtMs * (VIDEO_CLOCK_HZ / 1_000)) >>> 0;
    const extensions =
      this.#playoutDelayId === undefined ? [] : [{ id: this.#playoutDelayId, payload: PLAYOUT_DELAY_ZERO }];
    payloads.forEach((payload, i) => {
      const header = new RtpHeader({
        version: 2,
        sequenceNumber: this.#nextSequenceNumber(),
        timestamp,
        marker: i === payloads.length - 1,
        extension: extensions.length > 0,
        extensions: [...extensions],
      });
      // A socket that refuses a packet is ICE's to notice; the picture goes on with the next.
      sender.sendRtp(new RtpPacket(header, payload)).catch(() => {});
    });
  }

  async close(): Promise<void> {
    this.#setState("closed");
    // What cannot be closed well is closed all the same, and is nobody else's concern.
    await this.#pc.close().catch(() => {});
  }

  #nextSequenceNumber(): number {
    this.#sequenceNumber = (this.#sequenceNumber + 1) & 0xffff;
    return this.#sequenceNumber;
  }

  #setState(state: PeerState): void {
    if (this.#state === state || this.#state === "closed") return;
    this.#state = state;
    if (state === "closed") this.#gone.reject(new Error("the connection is closed"));
    this.#options.onState(state);
  }
}

/** @throws for an offer that would cost this machine more sockets and checks than a viewer is worth */
function requireModest(offerSdp: string): void {
  const count = (line: RegExp) => offerSdp.match(line)?.length ?? 0;
  if (count(/^m=/gm) > MEDIA_SECTIONS_MAX) throw new Error("the offer has too many media sections");
  if (count(/^a=candidate:/gm) > CANDIDATES_MAX) throw new Error("the offer has too many candidates");
}

/**
 * What a viewer would send with is of no use here, and werift 0.25.2 takes a PLI from an SSRC that the offer names
 * (some offers do, though they only receive) for that stream's, and loses it.
 */
function withoutSources(offerSdp: string): string {
  return offerSdp.replace(/^a=ssrc(?:-group)?:.*\r?\n/gm, "");
}
