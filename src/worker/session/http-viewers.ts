import type * as v from "valibot";
import { ERRORS, SightlineError } from "../../protocol/errors.ts";
import { CANDIDATES_MAX, CONNECTIONS_PER_VIEWER } from "../../protocol/limits.ts";
import type { ViewerCandidate } from "../../protocol/messages.ts";
import { type Answer, type HeldOffer, HeldOffers } from "./held-offers.ts";
import { meterOffer } from "./meter.ts";
import { RecentMeters } from "./recent-meters.ts";
import type { ForHttp, HttpRoster, HttpViewer } from "./roster.ts";
import { WhepStore } from "./whep-store.ts";

type Candidate = v.InferOutput<typeof ViewerCandidate>;

/** How long a page that offered by HTTP keeps its place while its socket opens. */
const SOCKET_WAIT_MS = 15_000;

/** A page whose socket is not open yet, or a WHEP player whose offer is not answered yet. */
export interface Newcomer {
  as: HttpViewer["as"];
  /** Of WHEP players, to be stored once they are in. */
  iceTag?: string;
}

interface Place extends Newcomer {
  sinceMs: number;
  /** The sender's, for the socket to come. */
  candidates: Candidate[];
}

/**
 * The viewers of a session who came by HTTP. What must outlive this object stands in {@link WhepStore}; the rest
 * belongs to requests that are open now, or to pages that come again should it be lost.
 */
export class HttpViewers {
  readonly whep: WhepStore;
  readonly #newcomers = new Map<string, Place>();
  readonly #held = new HeldOffers();
  /** Of what came by HTTP, also of those who were refused. */
  readonly #meters = new RecentMeters();
  /** Candidates that WHEP players trickled, counted for as long as the object is awake. */
  readonly #trickled = new Map<string, number>();

  constructor(kv: SyncKvStorage) {
    this.whep = new WhepStore(kv);
  }

  roster(nowMs: number): HttpRoster {
    const here = (viewer: string) => {
      const newcomer = this.#newcomers.get(viewer);
      return newcomer !== undefined && Math.abs(nowMs - newcomer.sinceMs) <= SOCKET_WAIT_MS ? newcomer : undefined;
    };
    return {
      offers: (viewer) => this.#held.list(viewer),
      knows: (viewer) =>
        here(viewer) !== undefined || this.#held.list(viewer).length > 0 || this.whep.get(viewer) !== undefined,
      viewers: () => [
        ...[...this.#newcomers.keys()].flatMap((viewer) => {
          const newcomer = here(viewer);
          return newcomer ? [{ viewer, as: newcomer.as }] : [];
        }),
        ...this.whep.list().map(([viewer, { sender }]) => ({ viewer, as: "whep" as const, sender })),
      ],
    };
  }

  /**
   * Waits for the sender's answer, holding the viewer's place meanwhile.
   * @param send forwards the offer; not called when this very offer is on its way already
   * @throws SightlineError at once, without having sent it: `rate-limited`
   */
  async ask(newcomer: Newcomer, offer: HeldOffer, nowMs: number, send: () => void): Promise<Answer> {
    this.#prune(nowMs);
    const before = this.#newcomers.get(offer.viewer);
    const { meter, allowed } = meterOffer(this.#meters.of(offer.viewer, nowMs), nowMs);
    this.#meters.keep(offer.viewer, meter);
    const others = this.#held.list(offer.viewer).filter(({ connection }) => connection !== offer.connection);
    if (!allowed || others.length >= CONNECTIONS_PER_VIEWER) throw new SightlineError("rate-limited");
    this.#newcomers.set(offer.viewer, { candidates: [], ...before, ...newcomer, sinceMs: nowMs });
    const repeated = this.#held.awaited(offer);
    try {
      const answer = repeated ?? this.#held.hold(offer);
      if (!repeated) send();
      return await answer;
    } catch (error) {
      if (this.#held.list(offer.viewer).length === 0) this.#newcomers.delete(offer.viewer);
      throw error;
    }
  }

  /** What the sender, or the session itself, has to say to a viewer without a socket. */
  receive(viewer: string, message: ForHttp, sender?: string): void {
    if (message.type === "answer") this.#answered(viewer, message, sender);
    else if (message.type === "candidate") this.#keep(viewer, message);
    else this.#gone(viewer, message);
  }

  /** The viewer's socket is open: what was kept for it, which is its business from now on. */
  leaveToSocket(viewer: string): Candidate[] {
    const newcomer = this.#newcomers.get(viewer);
    if (this.#held.list(viewer).length === 0) this.#newcomers.delete(viewer);
    return newcomer?.candidates.splice(0) ?? [];
  }

  /** @throws SightlineError `rate-limited` once a WHEP player trickled more candidates than one connection may have */
  countTrickled(viewer: string, candidates: number): void {
    const count = (this.#trickled.get(viewer) ?? 0) + candidates;
    if (count > CANDIDATES_MAX) throw new SightlineError("rate-limited", "Too many ICE candidates for one connection.");
    this.#trickled.set(viewer, count);
  }

  #answered(viewer: string, answer: Answer, sender?: string): void {
    const newcomer = this.#newcomers.get(viewer);
    if (newcomer?.as === "whep" && sender !== undefined) {
      this.whep.put(viewer, { iceTag: newcomer.iceTag ?? "", sender });
      this.#newcomers.delete(viewer);
    }
    this.#held.answer(viewer, answer);
  }

  #keep(viewer: string, candidate: Candidate): void {
    const newcomer = this.#newcomers.get(viewer);
    if (newcomer && newcomer.as !== "whep" && newcomer.candidates.length < CANDIDATES_MAX) {
      newcomer.candidates.push(candidate);
    }
  }

  #gone(viewer: string, bye: Extract<ForHttp, { type: "bye" }>): void {
    const code = bye.code ?? "sender-failed";
    this.#held.refuse(new SightlineError(code, bye.message ?? ERRORS[code].message), viewer, bye.connection);
    if (this.#held.list(viewer).length > 0) return;
    this.#newcomers.delete(viewer);
    this.#trickled.delete(viewer);
    if (this.whep.get(viewer)) this.whep.delete(viewer);
  }

  #prune(nowMs: number): void {
    for (const [viewer, { sinceMs }] of this.#newcomers) {
      if (Math.abs(nowMs - sinceMs) > SOCKET_WAIT_MS) this.#newcomers.delete(viewer);
    }
  }
}
