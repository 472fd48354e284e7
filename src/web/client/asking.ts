import { wantsOffer, wantsRenewal } from "./deadlines.ts";
import { type Event, SAME_CHANGE_MS } from "./model.ts";
import type { Move } from "./move.ts";
import { hasRelay, isStale, worthTaking } from "./renewal.ts";

/** The edge is asked for fresh ICE servers: when, what comes of it, and when it is waited for no longer. */

export function askForIce({ model, nowMs, actions }: Move): void {
  model.askedForIceAtMs = nowMs;
  actions.push({ type: "ask-ice", askedAtMs: nowMs });
}

/** The connection on show is due: a fresh one beside it, with credentials granted since. */
export function renew(move: Move): void {
  const { current, ice } = move.model;
  const grantedSince = ice.grantedAtMs >= (current?.renewAtMs ?? Number.POSITIVE_INFINITY);
  grantedSince && hasRelay(ice) && !isStale(ice, move.nowMs) ? move.offer(true) : askForIce(move);
}

/** With or without fresh servers, who has no connection offers: a path without a relay may do. */
export function iceAsked(move: Move, asked: Extract<Event, { type: "ice" }>): void {
  const { model, nowMs } = move;
  if (asked.askedAtMs !== model.askedForIceAtMs) return;
  model.askedForIceAtMs = undefined;
  const grant = worthTaking(model.ice, asked.grant, nowMs);
  if (grant) model.ice = grant;
  const { next } = model;
  if (next) {
    // Asked because this one did not come up. Without a relay, it is left to go on trying.
    if (next.connected || !hasRelay(model.ice) || model.socket.phase !== "ready" || model.sender === null) return;
    move.dropNext();
    move.offer(next.renews);
  } else if (wantsOffer(model)) {
    if (model.offerAtMs <= nowMs) move.offer();
  } else if (wantsRenewal(model)) {
    grant ? move.offer(true) : move.renewalFailed();
  }
}

/**
 * A question that may be lost in a network that is gone holds nothing up any more. What still needs an answer asks again,
 * which a network that works answers at once.
 */
export function forgetAsking({ model, nowMs }: Move): void {
  const { askedForIceAtMs, next } = model;
  if (askedForIceAtMs === undefined || nowMs - askedForIceAtMs < SAME_CHANGE_MS) return;
  model.askedForIceAtMs = undefined;
  // It was asked on behalf of the coming connection, where there is one.
  if (next) next.lacksRelay = true;
}
