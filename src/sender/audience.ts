import type * as v from "valibot";
import type { ErrorCode } from "../protocol/errors.ts";
import type { Role } from "../protocol/ids.ts";
import { CANDIDATES_MAX, CONNECTIONS_PER_VIEWER } from "../protocol/limits.ts";
import type { CandidateToSender, OfferToSender } from "../protocol/messages.ts";
import type { AudienceOptions } from "./audience-options.ts";
import type { Connection } from "./delivery/connection.ts";
import { isGivenUp } from "./given-up.ts";
import type { SeenPath } from "./path-watch.ts";
import { namesTurn } from "./peer/ice-urls.ts";
import { candidatesIn } from "./peer/offer.ts";
import { refusalOf } from "./peer/offer-refusal.ts";
import type { Standby } from "./peer/standby.ts";
import { type Seat, Seats } from "./seats.ts";
import { endsPathless, isExpected, looksInVain, type SeatStages, timingsOf } from "./viewer-timings.ts";

/** A browser trickles: its answer waits only for this machine's own addresses, which are there at once. */
const GATHER_TRICKLE_MS = 20;
/** A WHEP player may not trickle: its answer carries what is found within this time, a relay by TCP or TLS too. */
const GATHER_WHOLE_MS = 3_000;

type Offer = v.InferOutput<typeof OfferToSender>;
type Candidate = v.InferOutput<typeof CandidateToSender>;

/** Everybody who watches: their connections, from offer to good-bye. */
export class Audience {
  readonly #options: AudienceOptions;
  readonly #seats = new Seats();
  /** Viewers whose signaling socket is open at the edge. */
  readonly #present = new Set<string>();
  #closed = false;
  #needed = 0;

  constructor(options: AudienceOptions) {
    this.#options = options;
  }

  /** The connections that are up. */
  get watching(): Seat[] {
    return this.#seats.all().filter(({ peer }) => peer.state === "connected");
  }

  /** The newest connection of each viewer who could be asked for another. */
  get paths(): SeenPath[] {
    return this.#seats.paths(this.#present);
  }

  setPresent(viewers: string[]): void {
    this.#present.clear();
    for (const viewer of viewers) this.#present.add(viewer);
  }

  joined(viewer: string): void {
    this.#present.add(viewer);
  }

  /** The viewer's socket is gone, which says nothing about its media: see {@link sweep}. */
  left(viewer: string): void {
    this.#present.delete(viewer);
  }

  async offer(offer: Offer): Promise<void> {
    if (this.#closed) return;
    // Whatever becomes of the offer: the edge has handed it out.
    const standby = offer.standby === undefined ? undefined : this.#options.takeStandby?.(offer.standby);
    await this.#answer(offer, standby);
    // Nothing where it is the viewer's.
    await standby?.close();
  }

  async #answer(offer: Offer, standby: Standby | undefined): Promise<void> {
    const offerReceivedAtMs = performance.now();
    const { viewer, connection } = offer;
    const verdict = this.#options.doorkeeper.judge(offer);
    if (verdict.kind === "refused") return this.#bye(viewer, connection, "proof-refused");
    if (verdict.kind === "repeated") {
      const seat = this.#seats.find(viewer, connection);
      if (!seat) return this.#bye(viewer, connection);
      if (seat.answer) this.#options.send(seat.answer);
      return;
    }
    this.#makeRoom(viewer, connection);
    const viewers = this.#seats.viewers();
    if (!viewers.has(viewer) && viewers.size >= this.#options.maxViewers) {
      return this.#refuse(viewer, connection, "session-full");
    }
    const seat = this.#seat(viewer, connection, verdict.role, offer.iceServers, standby);
    if (!seat) return this.#refuse(viewer, connection, "sender-failed");
    seat.stages.offerReceivedAtMs = offerReceivedAtMs;
    seat.candidates = candidatesIn(offer.sdp);
    try {
      const sdp = await seat.peer.answer(offer.sdp, verdict.whep ? GATHER_WHOLE_MS : GATHER_TRICKLE_MS);
      if (!this.#seats.holds(seat)) return;
      seat.answer = {
        type: "answer",
        viewer,
        connection,
        sdp,
        proof: verdict.prove(sdp),
        senderIceTtlMs: offer.iceServers ? offer.iceTtlMs : this.#options.iceTtlMs?.(),
      };
      this.#options.send(seat.answer);
      seat.stages.answerSentAtMs = performance.now();
      this.#count(seat.stages.answerSentAtMs);
    } catch (error) {
      if (!this.#seats.holds(seat)) return;
      const { code = "sender-failed", message } = refusalOf(error) ?? {};
      this.#bye(viewer, connection, code, message);
      await this.#close(seat, "told");
    }
  }

  async candidate({ viewer, connection, ...candidate }: Candidate): Promise<void> {
    const seat = this.#seats.find(viewer, connection);
    if (!seat || ++seat.candidates > CANDIDATES_MAX) return;
    // A candidate that cannot be used is no reason to lose the others.
    await seat.peer.addCandidate(candidate).catch(() => {});
  }

  /** The viewer asks whether its connection still stands. */
  resume(viewer: string, connection: number): void {
    if (!this.#seats.find(viewer, connection)) this.#bye(viewer, connection);
  }

  /** Without `connection`, all of the viewer's. */
  async leave(viewer: string, connection?: number): Promise<void> {
    const leaving = this.#seats.of(viewer).filter((seat) => connection === undefined || seat.connection === connection);
    await Promise.all(leaving.map((seat) => this.#close(seat, "told")));
  }

  /** Drops everybody who came by the links of these roles. */
  async drop(roles: readonly Role[], code: ErrorCode): Promise<void> {
    const leaving = this.#seats.all().filter(({ role }) => roles.includes(role));
    const closings = leaving.map((seat) => this.#close(seat, "told"));
    for (const { viewer, connection } of leaving) this.#bye(viewer, connection, code);
    await Promise.all(closings);
  }

  /** Gives up connections that never came up, and those of viewers who are gone from the edge and silent. */
  sweep(nowMs: number): void {
    for (const seat of this.#seats.all()) {
      if (isGivenUp(seat, this.#present.has(seat.viewer), nowMs)) void this.#close(seat, "untold", nowMs);
      else if (seat.peer.state === "connecting" && looksInVain(seat.stages, nowMs)) this.#options.onNoPath?.();
    }
    this.#count(nowMs);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const viewer of this.#seats.viewers()) this.#bye(viewer);
    await Promise.all(this.#seats.all().map((seat) => this.#close(seat, "told")));
  }

  /** @returns `undefined` when no connection can be made, which ICE servers that cannot be read are enough for */
  #seat(
    viewer: string,
    connection: number,
    role: Role,
    iceServers = this.#options.iceServers(),
    standby?: Standby,
  ): Seat | undefined {
    const { loopback, relayOnly, playoutMs, broadcast, onFirstFrame } = this.#options;
    const open = () =>
      broadcast.open(
        { iceServers, loopback, relayOnly, playoutMs, standby, beside: this.#seats.of(viewer).length > 0 },
        {
          onCandidate: (candidate) => {
            // What is found before the answer stands in it.
            if (seat.answer) this.#options.send({ type: "candidate", viewer, connection, ...candidate });
          },
          onState: (state) => {
            if (state === "closed") void this.#close(seat);
            if (state !== "connected" || !this.#seats.holds(seat)) return;
            this.#seats.came(seat);
            this.#options.onViewer(viewer, "connected", timingsOf(seat.stages));
            this.#count();
          },
          onFirstPicture: () => {
            seat.stages.keyframeSentAtMs = performance.now();
            onFirstFrame?.(viewer, timingsOf(seat.stages));
          },
        },
      );
    const peer = tryTo(open);
    if (!peer) return undefined;
    const stages: SeatStages = Object.assign(peer.stages, { offerReceivedAtMs: performance.now() });
    const seat: Seat = { viewer, connection, role, peer, stages, candidates: 0, hasTurn: namesTurn(iceServers) };
    this.#seats.add(seat);
    return seat;
  }

  /** Tells how many need the camera, when that changed. An offer that comes to nothing needs it for a while only. */
  #count(nowMs = performance.now()): void {
    const needs = ({ peer, stages }: Seat) => peer.state === "connected" || isExpected(stages, nowMs);
    const count = this.#seats.all().filter(needs).length;
    if (count === this.#needed) return;
    this.#needed = count;
    this.#options.onWatching(count);
  }

  /** @param edge whether the edge knows already that this connection ends */
  async #close(seat: Seat, edge: "told" | "untold" = "untold", nowMs = performance.now()): Promise<void> {
    if (!this.#seats.holds(seat)) return;
    this.#seats.remove(seat);
    // All of it before the connection is closed, which takes as long as its TURN server does.
    const remains = this.#seats.of(seat.viewer).length > 0;
    // The edge revokes the viewer's TURN credentials at this word, never because a socket was lost.
    if (!remains && edge === "untold") this.#bye(seat.viewer, seat.connection);
    if (!remains && endsPathless(seat.stages, nowMs)) this.#options.onPathless?.(seat.hasTurn);
    this.#tellWhoIsGone(seat.viewer);
    this.#count();
    await seat.peer.close();
  }

  /** Of one who never was there nobody was told. */
  #tellWhoIsGone(viewer: string): void {
    if (this.#seats.isGone(viewer)) this.#options.onViewer(viewer, "gone");
  }

  #makeRoom(viewer: string, connection: number): void {
    const own = this.#seats.of(viewer);
    const others = own.filter((seat) => seat.connection !== connection);
    const surplus = others.slice(0, Math.max(0, others.length - CONNECTIONS_PER_VIEWER + 1));
    // Not as others are closed: the viewer is not gone, its new connection comes at once.
    for (const seat of [...own.filter((each) => each.connection === connection), ...surplus]) {
      this.#seats.remove(seat);
      void seat.peer.close();
    }
  }

  /** Its room may have been made by giving up the only connection that it had. */
  #refuse(viewer: string, connection: number, code: ErrorCode): void {
    this.#bye(viewer, connection, code);
    this.#tellWhoIsGone(viewer);
  }

  /** @param message in place of the code's own sentence */
  #bye(viewer: string, connection?: number, code?: ErrorCode, message?: string): void {
    const others = this.#seats.hasOthers(viewer, connection) || undefined;
    this.#options.send({ type: "bye", viewer, connection, code, message, others });
  }
}

function tryTo(open: () => Connection): Connection | undefined {
  try {
    return open();
  } catch {
    return undefined;
  }
}
