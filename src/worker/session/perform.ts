import { encode } from "../../protocol/codec.ts";
import { ERRORS } from "../../protocol/errors.ts";
import type { IceSettings } from "../ice/config.ts";
import { withSenderIce } from "../ice/offers.ts";
import type { Action } from "./action.ts";
import type { HttpViewers } from "./http-viewers.ts";
import type { Kicks } from "./kicks.ts";
import type { RecentMeters } from "./recent-meters.ts";
import { attachmentOf } from "./sockets.ts";
import type { TurnCredentials } from "./turn-credentials.ts";

export interface Means {
  settings: IceSettings;
  turn: TurnCredentials;
  http: HttpViewers;
  kicks: Kicks;
  /** Of viewers with a socket. */
  meters: RecentMeters;
  sessionId(): string;
}

/** Does what was decided, in its order. A socket that fails costs nobody else anything. */
export function perform(means: Means, actions: Action<WebSocket>[], nowMs: number): void {
  for (const action of withSenderIce(means.settings, means.sessionId, actions, nowMs)) {
    try {
      performOne(means, action, nowMs);
    } catch {
      // The socket closed meanwhile; its own close event tells the others.
    }
  }
}

function performOne({ turn, http, kicks, meters }: Means, action: Action<WebSocket>, nowMs: number): void {
  if (action.do === "send") action.socket.send(encode(action.message));
  else if (action.do === "remember") action.socket.serializeAttachment(action.attachment);
  else if (action.do === "http") http.receive(action.viewer, action.message, action.sender);
  else if (action.do === "revoke") turn.revokeViewer(action.viewer);
  else if (action.do === "keep-out") kicks.remember(action.viewers, action.told);
  else if (action.do === "let-in") kicks.forget(action.viewer);
  else {
    const gone = attachmentOf(action.socket);
    // What a replaced socket held has gone to the one that replaced it.
    if (gone && action.code !== "replaced") {
      meters.socketGone(gone);
      turn.socketGone(gone, nowMs);
    }
    // First, so that this socket is nobody any more whatever happens to the rest.
    action.socket.serializeAttachment(null);
    action.socket.send(encode({ type: "error", code: action.code, message: action.message }));
    action.socket.close(ERRORS[action.code].close, action.code);
  }
}
