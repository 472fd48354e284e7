import type { IceServer } from "../../protocol/ice.ts";
import { CandidateGate } from "./candidates.ts";
import { type MediaStats, StatsReader } from "./stats.ts";
import type { Timings } from "./timings.ts";

export interface PeerEvents {
  /** A local candidate, `null` when there are no more. Never before {@link Peer.offerSent}. */
  candidate(candidate: RTCIceCandidateInit | null): void;
  /** The video track is there, muted until packets come. */
  track(track: MediaStreamTrack): void;
  transport(state: "connected" | "disconnected" | "gone"): void;
}

/**
 * One RTCPeerConnection that receives video: from the offer to closing, never renegotiated. Making one ahead of
 * time prepares its offer, so that only the network is waited for later.
 */
export class Peer {
  readonly timings: Timings = {};
  readonly #connection: RTCPeerConnection;
  readonly #nowMs: () => number;
  readonly #events: PeerEvents;
  readonly #offer: Promise<RTCSessionDescriptionInit>;
  readonly #outgoing: CandidateGate<RTCIceCandidateInit | null>;
  readonly #incoming: CandidateGate<RTCIceCandidateInit | null>;
  readonly #stats = new StatsReader();
  #dtls: RTCDtlsTransport | null = null;
  /** The exact text of the offer, once made. */
  offerSdp: string | undefined;
  track: MediaStreamTrack | undefined;

  constructor(connection: RTCPeerConnection, nowMs: () => number, events: PeerEvents) {
    this.#connection = connection;
    this.#nowMs = nowMs;
    this.#events = events;
    this.#outgoing = new CandidateGate((candidate) => events.candidate(candidate));
    this.#incoming = new CandidateGate((candidate) => this.#addRemote(candidate));
    const video = connection.addTransceiver("video", { direction: "recvonly" });
    preferH264(video);
    requestNoBuffering(video.receiver);
    this.#listen();
    this.#offer = connection.createOffer();
    // Reported where it is awaited; an offer made ahead may never be.
    this.#offer.catch(() => undefined);
  }

  /**
   * Starts gathering with these servers.
   * @returns the SDP to send; {@link offerSent} lets the candidates follow it
   */
  async offer(iceServers: IceServer[]): Promise<string> {
    this.#connection.setConfiguration({ ...CONFIGURATION, iceServers });
    const offer = await this.#offer;
    await this.#connection.setLocalDescription(offer);
    this.offerSdp = offer.sdp ?? "";
    return this.offerSdp;
  }

  offerSent(): void {
    this.timings.offerSent = this.#nowMs();
    this.#outgoing.open();
  }

  /** Applies an answer whose proof was checked; candidates that came before it follow. */
  async accept(sdp: string): Promise<void> {
    this.timings.answer = this.#nowMs();
    await this.#connection.setRemoteDescription({ type: "answer", sdp });
    this.#incoming.open();
    this.#listenDtls();
  }

  /** `null` says that the sender has no more. */
  addCandidate(candidate: RTCIceCandidateInit | null): void {
    this.#incoming.add(candidate);
  }

  async stats(): Promise<MediaStats> {
    return this.#stats.read(await this.#connection.getStats());
  }

  close(): void {
    const connection = this.#connection;
    connection.onicecandidate = connection.ontrack = null;
    connection.onconnectionstatechange = connection.oniceconnectionstatechange = null;
    if (this.#dtls) this.#dtls.onstatechange = null;
    connection.close();
  }

  #listen(): void {
    const connection = this.#connection;
    connection.onicecandidate = ({ candidate }) => {
      // An empty candidate ends one generation (RFC 8838); the `null` after it says all that matters here.
      if (candidate?.candidate !== "") this.#outgoing.add(candidate?.toJSON() ?? null);
    };
    connection.ontrack = ({ track }) => {
      if (track.kind !== "video") return;
      this.track = track;
      this.#events.track(track);
    };
    connection.oniceconnectionstatechange = () => {
      const state = connection.iceConnectionState;
      if (state === "connected" || state === "completed") this.timings.iceConnected ??= this.#nowMs();
    };
    connection.onconnectionstatechange = () => {
      const state = connection.connectionState;
      if (state === "failed" || state === "closed") this.#events.transport("gone");
      if (state === "connected" || state === "disconnected") this.#events.transport(state);
    };
  }

  /** Apart from the connection's state, which does not tell everywhere that the other end closed DTLS. */
  #listenDtls(): void {
    this.#dtls = this.#connection.getReceivers()[0]?.transport ?? null;
    const dtls = this.#dtls;
    if (!dtls) return;
    const changed = () => {
      if (dtls.state === "connected") this.timings.dtlsConnected ??= this.#nowMs();
      if (dtls.state === "closed" || dtls.state === "failed") this.#events.transport("gone");
    };
    dtls.onstatechange = changed;
    changed();
  }

  #addRemote(candidate: RTCIceCandidateInit | null): void {
    this.#connection.addIceCandidate(candidate ?? undefined).catch(() => {
      // One that this browser cannot use leaves the others; the text may name private addresses.
      console.warn("Ignored an ICE candidate of the sender.");
    });
  }
}

/** The servers come with the offer. */
export const CONFIGURATION: RTCConfiguration = { bundlePolicy: "max-bundle", rtcpMuxPolicy: "require" };

/** H.264 is what cameras' hardware encodes; the others stay offered. */
function preferH264(transceiver: RTCRtpTransceiver): void {
  if (typeof RTCRtpReceiver === "undefined" || typeof transceiver.setCodecPreferences !== "function") return;
  const codecs = RTCRtpReceiver.getCapabilities("video")?.codecs ?? [];
  const rank = (codec: RTCRtpCodec) =>
    codec.mimeType !== "video/H264" ? 2 : codec.sdpFmtpLine?.includes("packetization-mode=1") ? 0 : 1;
  transceiver.setCodecPreferences([...codecs].sort((a, b) => rank(a) - rank(b)));
}

/** A live camera is worth most at once; the sender's playout-delay extension asks for the same, where known. */
function requestNoBuffering(receiver: RTCRtpReceiver): void {
  if ("jitterBufferTarget" in receiver) receiver.jitterBufferTarget = 0;
}
