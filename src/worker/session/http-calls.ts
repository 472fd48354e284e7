import { type ErrorCode, SightlineError } from "../../protocol/errors.ts";
import type { IceReply } from "../../protocol/http.ts";
import { makeViewerId } from "../../protocol/ids.ts";
import type { PostedAnswer, PostOffer } from "../../protocol/offer.ts";
import type { OfferedStandby } from "../../protocol/standby.ts";
import { welcomeFields } from "../ice/offers.ts";
import type { IceGrant } from "../ice/provider.ts";
import type { IceFragment } from "../sdp/fragment.ts";
import type { Action } from "./action.ts";
import { ifMatchHolds } from "./etag.ts";
import type { Answer, HeldOffer } from "./held-offers.ts";
import * as broker from "./http-broker.ts";
import type { HttpViewers, Newcomer } from "./http-viewers.ts";
import type { Kicks } from "./kicks.ts";
import { takePlace } from "./places.ts";
import { inLines } from "./posted-lines.ts";
import { type Caller, requireLink, requireWhep, type SessionRecord } from "./record.ts";
import type { Roster } from "./roster.ts";
import type { WhepResource } from "./whep-store.ts";

/** What the calls need of the session. */
export interface HttpHost {
  readonly viewers: HttpViewers;
  readonly kicks: Kicks;
  /** @throws SightlineError `session-not-found` */
  record(): SessionRecord;
  roster(): Roster<WebSocket>;
  perform(actions: Action<WebSocket>[]): void;
  /** ICE servers for a viewer that was let in. Never rejects. */
  grant(viewer: string): Promise<IceGrant>;
  remember(viewer: string, as: Newcomer["as"], grant: IceGrant): void;
  discard(grant: IceGrant): void;
}

export interface WhepOffer {
  sdp: string;
  iceTag: string;
}

/** 201 of a WHEP endpoint; `viewer` names the resource. */
export interface WhepAnswer extends IceReply {
  viewer: string;
  sdp: string;
}

export interface WhepPatch extends IceFragment {
  /** The If-Match header as it came. */
  ifMatch: string;
}

/**
 * `as it is` goes without servers that a service is still being asked for: a direct path needs none, and the socket's
 * welcome brings them.
 */
type WhichIce = "whole" | "as it is";

/** An offer on its way. */
interface Forwarded {
  answered: Promise<{ answer: Answer; ice: IceReply }>;
  /** Whose id went with the offer. */
  standby: OfferedStandby | undefined;
}

/** What viewers without a socket ask of a session by HTTP. Every refusal is a SightlineError. */
export class HttpCalls {
  readonly #host: HttpHost;

  constructor(host: HttpHost) {
    this.#host = host;
  }

  /** The page's offer, ahead of its socket or beside it: the answer, or two lines when there is a standby for it. */
  async offer(caller: Caller, { standby: wanted, ...offer }: PostOffer): Promise<PostedAnswer | ReadableStream> {
    const admit = () => ({ as: requireLink(this.#host.record(), caller) });
    const { as } = admit();
    const { answered, standby } = this.#forward(admit, { type: "offer", ...offer }, "as it is", wanted);
    const posted = answered.then(({ answer, ice }) => ({ ...answer, ...ice }));
    if (!standby) return posted;
    return inLines({ standby: { text: standby.text, proof: standby.proofs[as] } }, posted);
  }

  async whepOffer(caller: Caller, { sdp, iceTag }: WhepOffer): Promise<WhepAnswer> {
    const admit = (): Newcomer => {
      requireWhep(this.#host.record(), caller);
      return { as: "whep", iceTag };
    };
    const viewer = makeViewerId();
    const offer: HeldOffer = { type: "offer", viewer, connection: broker.WHEP_CONNECTION, sdp, whep: true };
    try {
      const { answer, ice } = await this.#forward(admit, offer).answered;
      return { viewer, sdp: answer.sdp, ...ice };
    } catch (error) {
      // Nobody will ask for this answer again.
      if (error instanceof SightlineError && error.code === "sender-silent") this.#leave(viewer);
      throw error;
    }
  }

  whepStatus(caller: Caller, viewer: string): void {
    this.#resource(caller, viewer);
  }

  /** RFC 9725 section 4.3: candidates are taken, a restart of ICE is refused with 422 and changes nothing. */
  whepPatch(caller: Caller, viewer: string, { ifMatch, tags, candidates }: WhepPatch): void {
    const { iceTag } = this.#resource(caller, viewer);
    if (!ifMatchHolds(ifMatch, iceTag)) throw new SightlineError("precondition-failed");
    if (tags.length > 0 && !tags.includes(iceTag)) throw new SightlineError("ice-restart-refused");
    const actions = broker.trickled(this.#host.roster(), viewer, candidates, Date.now());
    this.#host.viewers.countTrickled(viewer, candidates.length);
    this.#host.perform(actions);
  }

  whepLeave(caller: Caller, viewer: string): void {
    this.#resource(caller, viewer);
    this.#leave(viewer);
  }

  /**
   * @param admit what the caller is; asked again once there is an answer, for its link may have been replaced meanwhile
   * @throws SightlineError at once what refuses the offer itself; what refuses its answer rejects that
   */
  #forward(admit: () => Newcomer, offer: HeldOffer, ice: WhichIce = "whole", wantsStandby?: boolean): Forwarded {
    const host = this.#host;
    const newcomer = admit();
    if (host.kicks.tell(offer.viewer)) throw new SightlineError("kicked");
    const nowMs = Date.now();
    host.perform(takePlace(host.roster(), offer.viewer, host.record().maxViewers, nowMs));
    const { actions, standby, offer: forwarded } = broker.offered(host.roster(), offer, nowMs, wantsStandby);
    let handed: OfferedStandby | undefined;
    const asked = host.viewers.ask(newcomer, forwarded, nowMs, () => {
      handed = standby;
      host.perform(actions);
    });
    return { answered: this.#answered(admit, newcomer, offer, ice, asked), standby: handed };
  }

  async #answered(admit: () => Newcomer, newcomer: Newcomer, offer: HeldOffer, ice: WhichIce, asked: Promise<Answer>) {
    const host = this.#host;
    const granted = host.grant(offer.viewer);
    try {
      const answer = await asked;
      const grant = await (ice === "whole" ? granted : Promise.race([granted, undefined]));
      admit();
      // Granting may have taken a while: who was thrown out meanwhile has no resource to be answered with.
      if (newcomer.as === "whep") this.#requireResource(offer.viewer, "sender-failed");
      if (!grant) {
        void granted.then((late) => host.discard(late));
        return { answer, ice: { iceServers: [] } };
      }
      host.remember(offer.viewer, newcomer.as, grant);
      return { answer, ice: welcomeFields(grant, Date.now()) };
    } catch (error) {
      void granted.then((grant) => host.discard(grant));
      throw error;
    }
  }

  #leave(viewer: string): void {
    this.#host.perform(broker.left(this.#host.roster(), viewer));
  }

  #resource(caller: Caller, viewer: string): WhepResource {
    requireWhep(this.#host.record(), caller);
    return this.#requireResource(viewer, "viewer-not-found");
  }

  #requireResource(viewer: string, otherwise: ErrorCode): WhepResource {
    const resource = this.#host.viewers.whep.get(viewer);
    if (!resource) throw new SightlineError(otherwise);
    return resource;
  }
}
