import { SightlineError } from "../../protocol/errors.ts";
import type { OfferedStandby } from "../../protocol/standby.ts";
import type { TrickledCandidate } from "../sdp/fragment.ts";
import { type Action, byHttp, keepStandby, letIn, presentSender, revoke, send, tellSender } from "./action.ts";
import type { HeldOffer } from "./held-offers.ts";
import type { Roster, SenderPeer } from "./roster.ts";

/** Who is told what when a viewer without a socket wants something. Pure, as the broker is. */

/** A WHEP player has one connection; a fresh one is a fresh resource. */
export const WHEP_CONNECTION = 0;

export interface Forwarded<S> {
  actions: Action<S>[];
  /** As the sender is told of it, now and should it come again on another socket. */
  offer: HeldOffer;
  /** Is this viewer's. */
  standby?: OfferedStandby | undefined;
}

/**
 * An offer that came by HTTP, on its way to the sender.
 * @param wantsStandby what the sender has ready is taken for it
 * @throws SightlineError `sender-absent`, or `conflict` when a WHEP player would wait for a picture in vain
 */
export function offered<S>(roster: Roster<S>, offer: HeldOffer, nowMs: number, wantsStandby = false): Forwarded<S> {
  const sender = requireSender(roster, nowMs);
  if (offer.whep && sender.attachment.report?.parameters.paused) {
    throw new SightlineError("conflict", "The camera is paused. Try again later.");
  }
  const { standby } = sender.attachment;
  const back = letIn<S>(roster, offer.viewer);
  if (!standby || !wantsStandby) return { actions: [...back, send(sender.socket, offer)], offer };
  const forwarded = { ...offer, standby: standby.id };
  const actions = [...back, keepStandby(sender, undefined), send(sender.socket, forwarded)];
  return { actions, offer: forwarded, standby };
}

/**
 * Candidates that a WHEP player trickled, on their way to the sender.
 * @throws SightlineError `sender-absent`
 */
export function trickled<S>(
  roster: Roster<S>,
  viewer: string,
  candidates: TrickledCandidate[],
  nowMs: number,
): Action<S>[] {
  const { socket } = requireSender(roster, nowMs);
  return candidates.map((candidate) =>
    send(socket, { type: "candidate", viewer, connection: WHEP_CONNECTION, ...candidate }),
  );
}

/** A WHEP player leaves, or what was asked for it came too late. */
export function left<S>(roster: Roster<S>, viewer: string): Action<S>[] {
  return [byHttp(viewer, { type: "bye" }), ...tellSender(roster, { type: "bye", viewer }), revoke(viewer)];
}

function requireSender<S>(roster: Roster<S>, nowMs: number): SenderPeer<S> {
  const sender = presentSender(roster, nowMs);
  if (!sender) throw new SightlineError("sender-absent");
  return sender;
}
