import { ERRORS } from "../../protocol/errors.ts";
import type { IceServer } from "../../protocol/ice.ts";
import type { ViewerMessage } from "../../protocol/messages.ts";
import type { PlaybackStats } from "../../protocol/stats.ts";
import type { Ahead } from "./ahead.ts";
import { CONNECTION_REFUSED, NO_H264, type Notice } from "./errors.ts";
import { type Identity, isGenuineAnswer, proveOffer } from "./handshake.ts";
import { leave } from "./leaving.ts";
import type { Event } from "./model.ts";
import { configure, NoH264, Opening } from "./opening.ts";
import { Peer } from "./peer.ts";
import type { Player, Presented } from "./player.ts";
import { readReply } from "./reply.ts";
import type { Runtime } from "./runtime.ts";
import { Tally } from "./tally.ts";
import type { Timings } from "./timings.ts";

/** Decoded frames that the element does not report for this long count as shown: it may be hidden or paused. */
const PRESENTED_ANYWAY_MS = 1_000;

interface PeersOptions {
  identity: Identity;
  runtime: Runtime;
  player: Player;
  /** None when nobody shows the stream, so that decoding a frame is all there is to wait for. */
  video: HTMLVideoElement | undefined;
  /** By the owner: no picture comes. */
  isPaused(): boolean;
  dispatch(event: Event): void;
  send(message: ViewerMessage): void;
}

/** The peer connections by number, and what happens to them told as events. */
export class Peers {
  readonly #peers = new Map<number, Peer>();
  readonly #tally = new Tally();
  readonly #options: PeersOptions;
  /** What happened to those whose answer is not here yet, to be told after it. */
  readonly #early = new Map<number, Event[]>();
  readonly #decodedSinceMs = new Map<number, number>();
  #shown: number | undefined;
  /** Whose first frame the element is to present. */
  #awaited: number | undefined;
  #stopWaiting: () => void = () => undefined;

  constructor(options: PeersOptions) {
    this.#options = options;
  }

  /** Makes a connection and its offer ahead of time. One that the browser refuses now is made when it is asked for. */
  prepare(number: number): void {
    try {
      this.#open(number);
    } catch {
      console.warn(`Connection ${number} could not be prepared.`);
    }
  }

  #open(number: number): Peer {
    const open = this.#options.runtime.openPeerConnection;
    if (!open) throw new Error("There is no WebRTC here.");
    return this.#add(number, new Opening(open(configure())));
  }

  #add(number: number, opening: Opening): Peer {
    const { runtime, send } = this.#options;
    const dispatch = (event: Event) => this.#tell(number, event);
    const peer = new Peer(opening, runtime.nowMs, {
      candidate: (candidate) => {
        const { sdpMid, sdpMLineIndex } = candidate ?? {};
        send({ type: "candidate", connection: number, candidate: candidate?.candidate ?? null, sdpMid, sdpMLineIndex });
      },
      track: (track) => this.#track(number, track),
      transport: (state) => {
        // Of two that were tried this one brings the picture, though the other's track may have come later.
        if (state === "connected" && peer.track) this.#track(number, peer.track);
        if (state !== "connected") this.#giveUp(number);
        dispatch({ type: "transport", connection: number, state });
      },
      mapped: () => dispatch({ type: "mapped", connection: number }),
      relay: (outcome) => dispatch({ type: "relay", connection: number, outcome }),
    });
    this.#peers.set(number, peer);
    return peer;
  }

  get(number: number | undefined): Peer | undefined {
    return number === undefined ? undefined : this.#peers.get(number);
  }

  async offer(number: number, iceServers: IceServer[]): Promise<void> {
    let peer: Peer;
    try {
      peer = this.#peers.get(number) ?? this.#open(number);
    } catch (error) {
      this.#failed(number, error, error instanceof NoH264 ? NO_H264 : CONNECTION_REFUSED);
      return;
    }
    try {
      const sdp = await peer.offer(iceServers);
      if (this.#peers.get(number) !== peer) return;
      this.#options.send({ type: "offer", connection: number, sdp, proof: proveOffer(this.#options.identity, sdp) });
      peer.offerSent();
    } catch (error) {
      this.#failed(number, error);
    }
  }

  /** Goes on with a connection whose offer left already, and tells what came of it. */
  async adopt(number: number, ahead: Ahead): Promise<void> {
    const peer = this.#add(number, ahead.opening);
    this.#early.set(number, []);
    try {
      peer.offerSdp = await ahead.sdp;
      const event = readReply(number, await ahead.reply, this.#options.runtime.nowMs());
      if (this.#peers.get(number) !== peer) return;
      const early = this.#early.get(number) ?? [];
      this.#early.delete(number);
      // Only now, for on the socket they could overtake an offer that is on its way elsewhere.
      if (event.type === "posted") peer.offerSent(ahead.sentAtMs);
      Object.assign(peer.timings, ahead.reached);
      peer.timings.answer = ahead.answeredAtMs;
      this.#options.dispatch(event);
      if (this.#peers.get(number) !== peer) return;
      for (const each of early) this.#options.dispatch(each);
      if (this.#peers.get(number) === peer) peer.catchUp();
    } catch (error) {
      this.#failed(number, error);
    }
  }

  async accept(number: number, answer: { sdp: string; proof: string | undefined }): Promise<void> {
    const peer = this.#peers.get(number);
    if (peer?.offerSdp === undefined) return;
    if (!isGenuineAnswer(this.#options.identity, peer.offerSdp, answer)) {
      const notice = { code: "proof-refused", message: ERRORS["proof-refused"].message } as const;
      this.#options.dispatch({ type: "refused", notice });
      return;
    }
    this.#options.dispatch({ type: "answered", connection: number });
    try {
      await peer.accept(answer.sdp);
    } catch (error) {
      this.#failed(number, error);
    }
  }

  show(number: number): void {
    const track = this.#peers.get(number)?.track;
    this.#shown = number;
    if (track) this.#options.player.show(track);
  }

  close(number: number): void {
    this.#peers.get(number)?.close();
    this.#peers.delete(number);
    this.#early.delete(number);
    this.#decodedSinceMs.delete(number);
    this.#giveUp(number);
  }

  /** For good, or until a person asks: nothing of them stays on show. */
  closeAll(): void {
    this.#stopWaiting();
    this.#shown = this.#awaited = undefined;
    for (const number of [...this.#peers.keys()]) this.close(number);
    const { video, player } = this.#options;
    void leave(video, player.stream, () => this.#shown !== undefined || this.#awaited !== undefined);
  }

  /** Reads the first of these that there is; counts are of all that were on show. */
  async stats(...numbers: (number | undefined)[]): Promise<PlaybackStats & { timings: Timings }> {
    const number = numbers.find((each) => this.get(each));
    const peer = this.get(number);
    const media = await peer?.stats().catch(() => undefined);
    return { ...media, ...this.#tally.total(number, media), timings: { ...peer?.timings } };
  }

  /** Reads every connection once and tells how far it got. */
  async poll(): Promise<void> {
    await Promise.all(
      [...this.#peers].map(async ([number, peer]) => {
        if (peer.timings.answer === undefined) return;
        const stats = await peer.stats().catch(() => undefined);
        if (!stats || this.#peers.get(number) !== peer) return;
        const { runtime, isPaused } = this.#options;
        if (number === this.#shown) this.#tally.note(number, stats, runtime.nowMs(), isPaused());
        const { framesReceived, path } = stats;
        const { packetsReceived } = peer;
        const framesDecoded = this.#options.player.isInView ? stats.framesDecoded || undefined : undefined;
        const frames = { framesReceived, framesDecoded };
        this.#options.dispatch({ type: "polled", connection: number, ...frames, packetsReceived, path });
        if (number !== this.#shown && this.#showable(number, stats)) this.#firstFrame(number);
      }),
    );
  }

  #tell(number: number, event: Event): void {
    const early = this.#early.get(number);
    early ? early.push(event) : this.#options.dispatch(event);
  }

  #track(number: number, track: MediaStreamTrack): void {
    // While another picture is on show it stays until this one has its first frame.
    if (this.#shown !== undefined || this.#awaited === number) return;
    // The first that stands brings a picture sooner than one that is only begun, or stands later.
    if (this.get(this.#awaited)?.stands) return;
    this.#awaited = number;
    const { player } = this.#options;
    this.#stopWaiting();
    player.show(track);
    this.#stopWaiting = player.whenPresented((presented) => this.#firstFrame(number, presented));
  }

  /** No picture is awaited of it any more, where another one stands that may bring one. */
  #giveUp(number: number): void {
    if (number !== this.#awaited) return;
    for (const [other, { stands, track }] of this.#peers)
      if (other !== number && stands && track) this.#track(other, track);
  }

  #showable(number: number, { framesDecoded }: PlaybackStats): boolean {
    if (framesDecoded === 0) return false;
    if (this.#shown !== undefined || !this.#options.video) return true;
    const nowMs = this.#options.runtime.nowMs();
    const sinceMs = this.#decodedSinceMs.get(number) ?? nowMs;
    this.#decodedSinceMs.set(number, sinceMs);
    return nowMs - sinceMs >= PRESENTED_ANYWAY_MS;
  }

  #firstFrame(number: number, presented: Presented = {}): void {
    const peer = this.#peers.get(number);
    if (!peer || number === this.#shown) return;
    const { timings } = peer;
    const firstFrame = presented.firstFrame ?? this.#options.runtime.nowMs();
    // A busy page may hear of its picture before it hears of the path that brought it.
    const byThen = (heardAtMs = firstFrame) => Math.min(heardAtMs, firstFrame);
    const [iceConnected, dtlsConnected] = [byThen(timings.iceConnected), byThen(timings.dtlsConnected)];
    Object.assign(timings, { ...presented, iceConnected, dtlsConnected, firstFrame });
    this.#stopWaiting();
    this.#tell(number, { type: "first-frame", connection: number });
  }

  #failed(number: number, error: unknown, notice?: Notice): void {
    console.warn(`Connection ${number} failed: ${error instanceof Error ? error.name : "unknown error"}`);
    this.#options.dispatch({ type: "peer-failed", connection: number, notice });
  }
}
