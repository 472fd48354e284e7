import type { IceReply } from "../../protocol/http.ts";
import type { Action } from "../session/action.ts";
import type { IceSettings } from "./config.ts";
import { grantIceNow } from "./grant.ts";
import type { IceGrant } from "./provider.ts";

/** The fields of a grant as they stand in messages and replies. */
export function welcomeFields({ iceServers, expiresAtMs, warnings }: IceGrant, nowMs: number): IceReply {
  return {
    iceServers,
    ...(expiresAtMs === undefined ? {} : { iceTtlMs: Math.max(0, expiresAtMs - nowMs) }),
    ...(warnings.length > 0 ? { iceIncomplete: true } : {}),
  };
}

/**
 * Gives every offer on its way to the sender fresh credentials for the sender's end, when that takes no waiting: the
 * candidates behind an offer must not overtake it. With a service that must be asked, the sender uses its welcome's.
 */
export function withSenderIce<S>(
  settings: IceSettings,
  sessionId: () => string,
  actions: Action<S>[],
  nowMs: number,
): Action<S>[] {
  return actions.map((action) => {
    if (action.do !== "send" || action.message.type !== "offer") return action;
    const grant = grantIceNow(settings, { sessionId: sessionId(), as: "sender", viewer: action.message.viewer }, nowMs);
    return grant ? { ...action, message: { ...action.message, ...welcomeFields(grant, nowMs) } } : action;
  });
}
