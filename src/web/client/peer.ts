import { type IceServer, isTurnUrl } from "../../protocol/ice.ts";
import type { PlaybackStats } from "../../protocol/stats.ts";
import { CandidateGate, isWorthTelling } from "./candidates.ts";
import { giveIceServers } from "./ice-servers.ts";
import type { RelayOutcome } from "./no-path.ts";
import type { Opening } from "./opening.ts";
import { StatsReader } from "./stats.ts";
import type { Timings } from "./timings.ts";

interface PeerEvents {
  /** A local candidate, `null` when there are no more. Never before {@link Peer.offerSent}. */
  candidate(candidate: RTCIceCandidateInit | null): void;
  /** The video track is there, muted until packets come. */
  track(track: MediaStreamTrack): void;
  transport(state: "connected" | "disconnected" | "gone"): void;
  /** A STUN server told this end's address. */
  mapped(): void;
  relay(outcome: RelayOutcome): void;
}

/** Of a TURN server that answers, and says no (RFC 8656 section 20). */
const REFUSALS: readonly number[] = [400, 401, 403, 437, 441, 442, 486, 508];

/** One RTCPeerConnection that receives video: from the offer to closing, never renegotiated. */
export class Peer {
  readonly timings: Timings = {};
  readonly #connection: RTCPeerConnection;
  readonly #nowMs: () => number;
  readonly #events: PeerEvents;
  readonly #opening: Opening;
  readonly #outgoing: CandidateGate<RTCIceCandidateInit | null>;
  readonly #incoming: CandidateGate<RTCIceCandidateInit | null>;
  readonly #stats = new StatsReader();
  /** What ends each reading that is under way. */
  readonly #readings = new Set<() => void>();
  #dtls: RTCDtlsTransport | null = null;
  /** The exact text of the offer, once made. */
  offerSdp: string | undefined;
  track: MediaStreamTrack | undefined;
  /** As it was last told: packets can come. */
  stands = false;

  constructor(opening: Opening, nowMs: () => number, events: PeerEvents) {
    this.#opening = opening;
    this.#connection = opening.connection;
    this.#nowMs = nowMs;
    this.#events = events;
    this.#outgoing = new CandidateGate((candidate) => events.candidate(candidate));
    this.#incoming = new CandidateGate((candidate) => this.#addRemote(candidate));
    this.#listen();
  }

  /**
   * Starts gathering with these servers.
   * @returns the SDP to send; {@link offerSent} lets the candidates follow it
   */
  async offer(iceServers: IceServer[]): Promise<string> {
    giveIceServers(this.#connection, iceServers);
    this.offerSdp = await this.#opening.offer();
    return this.offerSdp;
  }

  offerSent(atMs = this.#nowMs()): void {
    this.timings.offerSent = atMs;
    this.#outgoing.open();
  }

  /** Applies an answer whose proof was checked; candidates that came before it follow. */
  async accept(sdp: string): Promise<void> {
    this.timings.answer ??= this.#nowMs();
    await this.#opening.accept(sdp);
    this.#incoming.open();
    this.#listenDtls();
  }

  /** Tells what happened to the connection before this listened. */
  catchUp(): void {
    const [receiver] = this.#connection.remoteDescription ? this.#connection.getReceivers() : [];
    if (receiver && !this.track) this.#tracked(receiver.track);
    this.#noteIce();
    this.#noteState();
  }

  /** `null` says that the sender has no more. */
  addCandidate(candidate: RTCIceCandidateInit | null): void {
    this.#incoming.add(candidate);
  }

  /** As of the last {@link stats}. */
  get packetsReceived(): number {
    return this.#stats.packetsReceived;
  }

  /** @throws when it is closed meanwhile */
  async stats(): Promise<PlaybackStats> {
    return this.#stats.read(await this.#untilClosed(this.#connection.getStats()));
  }

  close(): void {
    const connection = this.#connection;
    for (const end of this.#readings) end();
    connection.onicecandidate = connection.onicecandidateerror = connection.ontrack = null;
    connection.onconnectionstatechange = connection.oniceconnectionstatechange = null;
    if (this.#dtls) this.#dtls.onstatechange = null;
    connection.close();
  }

  #listen(): void {
    const connection = this.#connection;
    this.#opening.takeCandidates((candidate) => {
      if (candidate?.type === "srflx") this.#events.mapped();
      if (candidate?.type === "relay") this.#events.relay("gathered");
      if (candidate === null || isWorthTelling(candidate.candidate)) this.#outgoing.add(candidate?.toJSON() ?? null);
    });
    connection.onicecandidateerror = ({ errorCode, url }) => {
      if (isTurnUrl(url ?? "") && REFUSALS.includes(errorCode)) this.#events.relay("refused");
    };
    connection.ontrack = ({ track }) => this.#tracked(track);
    connection.oniceconnectionstatechange = () => this.#noteIce();
    connection.onconnectionstatechange = () => this.#noteState();
  }

  /** Firefox never answers what a connection was asked that is closed by then. */
  #untilClosed<Answer>(asked: Promise<Answer>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const end = () => reject(new Error("The connection was closed."));
      this.#readings.add(end);
      asked.then(resolve, reject).finally(() => this.#readings.delete(end));
    });
  }

  #noteState(): void {
    const state = this.#connection.connectionState;
    this.stands = state === "connected";
    if (state === "failed" || state === "closed") this.#events.transport("gone");
    if (state === "connected" || state === "disconnected") this.#events.transport(state);
  }

  #tracked(track: MediaStreamTrack): void {
    if (track.kind !== "video") return;
    this.track = track;
    this.#events.track(track);
  }

  #noteIce(): void {
    const state = this.#connection.iceConnectionState;
    if (state === "connected" || state === "completed") this.timings.iceConnected ??= this.#nowMs();
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
