import { ERRORS, type ErrorCode } from "../../protocol/errors.ts";
import { SENDER_PRESENT_MS } from "../../protocol/limits.ts";
import type { SenderMessage, ToSenderMessage, ToViewerMessage, ViewerMessage } from "../../protocol/messages.ts";
import type { OfferedStandby } from "../../protocol/standby.ts";
import type { Attachment } from "./attachment.ts";
import type { ForHttp, Roster, SenderPeer } from "./roster.ts";

/** What the session is to do. `S` names a socket; nobody who decides looks inside. */
export type Action<S> =
  | { do: "send"; socket: S; message: ToViewerMessage | ToSenderMessage }
  /** Send an `error` with this code, then close with the code's close code. The socket is no peer from then on. */
  | { do: "close"; socket: S; code: ErrorCode; message: string }
  | { do: "remember"; socket: S; attachment: Attachment }
  /** The viewer left for good: take back what was granted to it. */
  | { do: "revoke"; viewer: string }
  /** The owner removed the viewers: a sender that comes hears of it until they are let in again. */
  | { do: "keep-out"; viewers: string[]; told: boolean }
  | { do: "let-in"; viewer: string }
  /** For a viewer who came by HTTP: it ends a request of its, or waits for its socket. `sender` is who answered. */
  | { do: "http"; viewer: string; message: ForHttp; sender?: string };

/** The sender, if it can be reached now: its socket is open and it answered a ping not long ago. */
export function presentSender<S>(roster: Pick<Roster<S>, "senders">, nowMs: number): SenderPeer<S> | undefined {
  return roster.senders().find((sender) => nowMs - sender.lastSeenMs <= SENDER_PRESENT_MS);
}

/** Also to a sender that is silent: should it be alive after all, it misses nothing. */
export function tellSender<S>(roster: Roster<S>, message: ToSenderMessage): Action<S>[] {
  return roster
    .senders()
    .slice(0, 1)
    .map((peer) => send(peer.socket, message));
}

export function send<S>(socket: S, message: ToViewerMessage | ToSenderMessage): Action<S> {
  return { do: "send", socket, message };
}

/** The sender's standby from now on. */
export function keepStandby<S>({ socket, attachment }: SenderPeer<S>, standby: OfferedStandby | undefined): Action<S> {
  const { standby: _before, ...rest } = attachment;
  return { do: "remember", socket, attachment: standby ? { ...rest, standby } : rest };
}

export function byHttp<S>(viewer: string, message: ForHttp, sender?: string): Action<S> {
  return { do: "http", viewer, message, ...(sender === undefined ? {} : { sender }) };
}

/** A `bye` of the whole viewer, not of one connection. */
export function leaves(message: ViewerMessage | SenderMessage): boolean {
  return message.type === "bye" && message.connection === undefined;
}

export function revoke<S>(viewer: string): Action<S> {
  return { do: "revoke", viewer };
}

/**
 * Who was kicked and offers again is let in as anybody with its link is. To be done before the offer is sent: what is said of
 * the kick from then on would end the connection that comes of it.
 */
export function letIn<S>(roster: Pick<Roster<S>, "kicked">, viewer: string): Action<S>[] {
  return roster.kicked().includes(viewer) ? [{ do: "let-in", viewer }] : [];
}

export function close<S>(socket: S, code: ErrorCode, message: string = ERRORS[code].message): Action<S> {
  return { do: "close", socket, code, message };
}

/**
 * A sender whose place another takes is not to come back. One whose own attempt at a socket, given up since, arrived
 * late is: what holds its place now is dead.
 */
export function stepAside<S>({ socket, attachment }: SenderPeer<S>, instance: string): Action<S>[] {
  if (attachment.instance !== instance) return [close(socket, "replaced")];
  const { turn: _handedOn, ...rest } = attachment;
  const message = "Another socket of this sender took this one's place.";
  return [{ do: "remember", socket, attachment: rest }, close(socket, "conflict", message)];
}
