import type { RTCPeerConnection, RTCRtpTransceiver } from "werift";
import { toWire, type WireCandidate, withOpenCandidates } from "./candidates.ts";
import { setUpDtls } from "./dtls.ts";
import type { PeerFeedback } from "./feedback-reader.ts";
import { type HiddenNames, hiddenNames } from "./hidden-names.ts";
import { readIceServers } from "./ice-urls.ts";
import { MediaLink } from "./media-link.ts";
import type { Departed, OutgoingPacket } from "./media-sender.ts";
import { requireFitting, withBundledPorts, withoutOtherModes, withoutSources, withoutStrayFormats } from "./offer.ts";
import { openConnection, type Reach } from "./open-connection.ts";
import { RemoteCandidates } from "./remote-candidates.ts";
import { checkNoPairWithoutEnd } from "./repairs/check-again.ts";
import { whenDtlsEnds } from "./repairs/dtls-end.ts";
import { dropDtlsOfStrangers } from "./repairs/dtls-strangers.ts";
import { askEveryStun } from "./repairs/every-stun.ts";
import { forgetOldChecks } from "./repairs/forget-checks.ts";
import { keepLookingForDirectPath } from "./repairs/keep-checking.ts";
import { closeLateSockets } from "./repairs/late-sockets.ts";
import { deriveNoSpareKeys } from "./repairs/no-spare-srtp.ts";
import { connectOnNomination } from "./repairs/prompt-ice.ts";
import { gatherRelays } from "./repairs/relays.ts";
import { followNomination } from "./repairs/renomination.ts";
import { dropUnreadableSctp } from "./repairs/sctp-errors.ts";
import { stayClosed } from "./repairs/stay-closed.ts";
import { checkStunIntegrity } from "./repairs/stun-integrity.ts";
import { gatherWithin } from "./repairs/trickle.ts";
import { waitForPairs } from "./repairs/wait-for-pairs.ts";
import { requireOneTransport, requireUsable, requireVideo } from "./require-usable.ts";
import { noteStages, type PeerStages } from "./stages.ts";
import type { Standby } from "./standby.ts";

export type PeerState = "connecting" | "connected" | "closed";

export interface PeerOptions extends Reach {
  /** The connection that this viewer was told of before its offer came. */
  standby?: Standby | undefined;
  onCandidate(candidate: WireCandidate): void;
  onState(state: PeerState): void;
  /** A path seems to be found: the connection stands within a round trip or two. */
  onPath?(): void;
  /** Packets take another path from now on. */
  onNewPath?(): void;
  /** What came of asking the TURN servers for a relay: why each gave none, or nothing when one did. */
  onRelay?(failures: readonly string[]): void;
  /** The viewer's decoder cannot go on without a keyframe (PLI, RFC 4585; FIR, RFC 5104). */
  onKeyframeRequest(): void;
  /** What the viewer tells of its reception. */
  onFeedback?(feedback: PeerFeedback): void;
  /** What the viewer misses, to be handed to {@link Peer.depart} when its time comes: at once, where nobody minds it. */
  onRetransmission?(packets: OutgoingPacket[]): void;
  /** How long it takes to hear of what is sent now, where it is known better than by the reports that come each second. */
  roundTripMs?(): number | undefined;
  /** Below 2^15; by chance when absent. */
  firstSequenceNumber?: number;
  /** Who looks up what browsers hide their addresses behind; this thread's own when absent. */
  names?: HiddenNames;
}

/** One WebRTC connection to one viewer. Everything that is werift's stays behind this class. */
export class Peer {
  readonly stages: PeerStages = {};
  readonly #pc: RTCPeerConnection;
  readonly #options: PeerOptions;
  readonly #candidates: RemoteCandidates;
  #video: RTCRtpTransceiver | undefined;
  #media: MediaLink | undefined;
  #playoutMs = 0;
  #state: PeerState = "connecting";
  readonly #openedAtMs = performance.now();
  #stunAnswers: () => Promise<void> = async () => {};
  readonly #gone = Promise.withResolvers<never>();

  constructor(options: PeerOptions) {
    this.#options = options;
    this.#gone.promise.catch(() => {});
    this.#pc = options.standby?.take() ?? openConnection(options);
    // A camera that sends by relays only asks nobody in its own network.
    const names = options.relayOnly ? undefined : (options.names ?? hiddenNames);
    this.#candidates = new RemoteCandidates((candidate) => this.#pc.addIceCandidate(candidate), names);
    this.#pc.onIceCandidate.subscribe((candidate) => {
      const wire = candidate && toWire(candidate.toJSON());
      if (wire) this.#options.onCandidate(wire);
      else this.#endCandidates();
    });
    this.#pc.connectionStateChange.subscribe((state) => {
      if (state === "failed" || state === "closed") this.#setState("closed");
    });
  }

  get state(): PeerState {
    return this.#state;
  }

  /** How many packets the socket or the relay refused. */
  get sendErrors(): number {
    return this.#media?.sendErrors ?? 0;
  }

  /** How long the viewer's player holds each picture back, from the next one on; not at all by default. */
  setPlayoutMs(playoutMs: number): void {
    this.#playoutMs = playoutMs;
    if (this.#media) this.#media.sender.playoutMs = playoutMs;
  }

  /** `performance.now()` when the viewer's RTCP was last heard. */
  get lastHeardAtMs(): number {
    return this.#media?.lastHeardAtMs ?? this.#openedAtMs;
  }

  /**
   * Answers a viewer's offer.
   * @param gatherMs how long to wait for candidates; those that come later are trickled
   * @returns the exact SDP to be sent
   * @throws SightlineError with why the offer is refused, see {@link requireUsable}
   * @throws when it cannot be read, or when this is closed
   */
  answer(offerSdp: string, gatherMs: number): Promise<string> {
    // A connection that is closed meanwhile may leave werift waiting for ever.
    return Promise.race([this.#answer(offerSdp, gatherMs), this.#gone.promise]);
  }

  async #answer(offerSdp: string, gatherMs: number): Promise<string> {
    const named = withoutStrayFormats(withoutSources(withBundledPorts(offerSdp)));
    requireUsable(named);
    const offered = withoutOtherModes(named);
    const sdp = withOpenCandidates(offered);
    await this.#pc.setRemoteDescription({ type: "offer", sdp });
    const video = requireVideo(this.#pc);
    video.setDirection("sendonly");
    this.#video = video;
    stayClosed(this.#pc);
    closeLateSockets(this.#pc);
    waitForPairs(this.#pc);
    if (this.#options.standby) requireOneTransport(this.#pc);
    else {
      checkStunIntegrity(this.#pc);
      dropDtlsOfStrangers(this.#pc);
    }
    dropUnreadableSctp(this.#pc);
    const { stun, turn } = readIceServers(this.#options.iceServers);
    this.#stunAnswers = askEveryStun(
      this.#pc,
      [...stun, ...turn.filter(({ transport }) => transport === "udp")],
      gatherMs,
    );
    const { relayOnly, onRelay } = this.#options;
    const relays = gatherRelays(this.#pc, turn, relayOnly, gatherMs, onRelay?.bind(this.#options));
    gatherWithin(this.#pc, gatherMs, relays);
    deriveNoSpareKeys(this.#pc);
    setUpDtls(this.#pc, sdp, () => this.#options.onPath?.());
    followNomination(this.#pc, () => this.#options.onNewPath?.());
    checkNoPairWithoutEnd(this.#pc);
    forgetOldChecks(this.#pc);
    keepLookingForDirectPath(this.#pc);
    connectOnNomination(this.#pc);
    noteStages(this.#pc, this.stages);
    // Not with werift's connection, which waits for the viewer's SCTP where a data channel is offered.
    video.dtlsTransport.onStateChange.subscribe((state) => state === "connected" && this.#openMedia());
    this.#candidates.start(offered);
    const answer = await this.#pc.createAnswer();
    await this.#pc.setLocalDescription(answer);
    const answerSdp = this.#pc.localDescription?.sdp;
    if (!answerSdp) throw new Error("there is no answer");
    whenDtlsEnds(this.#pc, () => this.#setState("closed"));
    return requireFitting(answerSdp);
  }

  /** Gathering may be over before every STUN server has answered. */
  async #endCandidates(): Promise<void> {
    await this.#stunAnswers();
    if (this.#state !== "closed") this.#options.onCandidate({ candidate: null });
  }

  /** See {@link RemoteCandidates.add}. */
  addCandidate(wire: WireCandidate): Promise<void> {
    return this.#candidates.add(wire);
  }

  /**
   * One picture's packets, each to be handed to {@link depart} in this order. None while it is not connected.
   * @param payloads from the packetizer
   * @param capturedAtMs `performance.now()` when the picture was taken
   */
  prepare(payloads: readonly Buffer[], keyframe: boolean, capturedAtMs: number): OutgoingPacket[] {
    return this.#state === "connected" ? (this.#media?.prepare(payloads, keyframe, capturedAtMs) ?? []) : [];
  }

  /** Sends packets now, together; none when the connection is gone. */
  depart(packets: readonly OutgoingPacket[]): Departed[] {
    return this.#state === "connected" ? (this.#media?.sender.depart(packets) ?? []) : [];
  }

  /** Whether {@link pad} sends anything, as far as is known. */
  get pads(): boolean {
    return this.#media?.sender.pads ?? false;
  }

  /** Sends packets of nothing, each of at most 255 bytes; see {@link MediaSender.pad}. */
  pad(paddingBytes: number, count: number): Departed[] {
    return this.#state === "connected" ? (this.#media?.sender.pad(paddingBytes, count) ?? []) : [];
  }

  /** A retransmission that is not sent after all, so that the viewer may ask for it anew. */
  giveBack(packet: OutgoingPacket): void {
    this.#media?.sender.giveBack(packet);
  }

  /** {@link prepare} and {@link depart} at once: a picture that no pacer holds back. */
  send(payloads: readonly Buffer[], keyframe: boolean, capturedAtMs: number): Departed[] {
    return this.depart(this.prepare(payloads, keyframe, capturedAtMs));
  }

  async close(): Promise<void> {
    this.#setState("closed");
    // What cannot be closed well is closed all the same, and is nobody else's concern.
    await this.#pc.close().catch(() => {});
  }

  #openMedia(): void {
    if (!this.#video || this.#media || this.#state === "closed") return;
    const { onKeyframeRequest, onFeedback, onRetransmission, roundTripMs, firstSequenceNumber } = this.#options;
    try {
      this.#media = new MediaLink(this.#video.dtlsTransport, this.#video, {
        onKeyframeRequest,
        onFeedback: onFeedback ?? (() => {}),
        onRetransmission: onRetransmission ?? ((packets) => void this.depart(packets)),
        roundTripMs,
        firstSequenceNumber,
      });
    } catch {
      this.#setState("closed");
      return;
    }
    this.#media.sender.playoutMs = this.#playoutMs;
    this.#setState("connected");
  }

  #setState(state: PeerState): void {
    if (this.#state === state || this.#state === "closed") return;
    this.#state = state;
    if (state === "closed") {
      this.#gone.reject(new Error("the connection is closed"));
      this.#candidates.close();
      this.#media?.close();
    }
    this.#options.onState(state);
  }
}
