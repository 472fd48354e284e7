import type { Answer } from "./model.ts";
import type { Move } from "./move.ts";
import { hasRelay, type IceGrant } from "./renewal.ts";

/** An answer is taken once, wherever it came. */
export function takeAnswer({ model, nowMs, actions }: Move, { connection, sdp, proof, senderIceTtlMs }: Answer): void {
  if (model.next?.number !== connection || model.next.answeredAtMs !== undefined) return;
  // Of the two ends of a relay, the one that expires first ends it.
  if (senderIceTtlMs !== undefined) {
    const own = model.next.iceExpiresAtMs ?? Number.POSITIVE_INFINITY;
    model.next.iceExpiresAtMs = Math.min(own, nowMs + senderIceTtlMs);
  }
  model.notice = undefined;
  actions.push({ type: "accept-answer", connection, sdp, proof });
}

/** ICE servers that the edge handed out. Those without TURN do not replace those with it. */
export function takeGrant({ model }: Move, grant: IceGrant): void {
  if (hasRelay(grant) || !hasRelay(model.ice)) model.ice = grant;
}
