import { decode } from "../../protocol/codec.ts";
import { ERRORS, type ErrorCode, SightlineError } from "../../protocol/errors.ts";
import type { IceServer } from "../../protocol/ice.ts";
import type { Role } from "../../protocol/ids.ts";
import { SENDER_PRESENT_MS } from "../../protocol/limits.ts";
import { SenderMessage, type ToSenderMessage, type ToViewerMessage, ViewerMessage } from "../../protocol/messages.ts";
import type { StreamParameters } from "../../protocol/stream.ts";
import type { Attachment } from "./attachment.ts";
import { meterCandidateToViewer, meterFrame, meterMessage } from "./meter.ts";
import type { Roster, SenderPeer, ViewerPeer } from "./roster.ts";

/**
 * Who is told what when something happens in a session. Pure: a roster, an event and the time go in, actions come
 * out, to be done in their order. `S` names a socket; nothing here looks inside.
 */
export type Action<S> =
  | { do: "send"; socket: S; message: ToViewerMessage | ToSenderMessage }
  /** Send an `error` with this code, then close with the code's close code. The socket is no peer from then on. */
  | { do: "close"; socket: S; code: ErrorCode; message: string }
  | { do: "remember"; socket: S; attachment: Attachment };

/** The sender, if it can be reached now: its socket is open and it answered a ping not long ago. */
export function presentSender<S>(roster: Roster<S>, nowMs: number): SenderPeer<S> | undefined {
  return roster.senders().find((sender) => nowMs - sender.lastSeenMs <= SENDER_PRESENT_MS);
}

/** Distinct viewers with an open socket. */
export function countViewers<S>(roster: Roster<S>): number {
  return new Set(roster.viewers().map((viewer) => viewer.attachment.viewer)).size;
}

/** @throws SightlineError `session-full` unless this viewer has a place, or takes its own again */
export function requirePlace<S>(roster: Roster<S>, viewer: string, maxViewers: number): void {
  if (roster.viewer(viewer).length === 0 && countViewers(roster) >= maxViewers) {
    throw new SightlineError("session-full");
  }
}

/** `roster` is as it was before the newcomer. */
export function viewerConnected<S>(
  roster: Roster<S>,
  newcomer: { socket: S; viewer: string; role: Role },
  iceServers: IceServer[],
  nowMs: number,
): Action<S>[] {
  const { socket, viewer, role } = newcomer;
  const earlier = roster.viewer(viewer);
  const known = earlier.some((peer) => peer.attachment.role === role);
  const sender = presentSender(roster, nowMs)?.attachment.instance ?? null;
  return [
    ...earlier.map((peer) => close(peer.socket, "replaced")),
    { do: "send", socket, message: { type: "welcome", role, iceServers, sender } },
    ...(known ? [] : tellSender(roster, { type: "viewer-joined", viewer, role })),
  ];
}

/** `roster` is as it was before the newcomer. */
export function senderConnected<S>(
  roster: Roster<S>,
  newcomer: { socket: S; instance: string },
  iceServers: IceServer[],
  parameters: StreamParameters,
): Action<S>[] {
  const viewers = roster.viewers();
  const roles = new Map(viewers.map(({ attachment }) => [attachment.viewer, attachment.role]));
  const present = Array.from(roles, ([viewer, role]) => ({ viewer, role }));
  return [
    ...roster.senders().map((peer) => close(peer.socket, "replaced")),
    { do: "send", socket: newcomer.socket, message: { type: "welcome", iceServers, viewers: present, parameters } },
    ...viewers.map((peer) => send(peer.socket, { type: "sender-online", sender: newcomer.instance })),
  ];
}

/** `roster` is as it is without the socket that closed. */
export function peerClosed<S>(roster: Roster<S>, gone: Attachment): Action<S>[] {
  if (gone.kind === "sender") {
    if (roster.senders().length > 0) return [];
    return roster.viewers().map((peer) => send(peer.socket, { type: "sender-offline" }));
  }
  if (roster.viewer(gone.viewer).length > 0) return [];
  return tellSender(roster, { type: "viewer-left", viewer: gone.viewer });
}

/** One frame of a viewer, as it came from the network. */
export function viewerFrame<S>(roster: Roster<S>, from: ViewerPeer<S>, raw: unknown, nowMs: number): Action<S>[] {
  return refusing(roster, from, () => {
    const frame = meterFrame(from.attachment.meter, nowMs);
    if (!frame.allowed) throw new SightlineError("rate-limited");
    const message = decode(ViewerMessage, raw);
    const { meter, allowed } = meterMessage(frame.meter, message.type);
    if (!allowed) throw new SightlineError("rate-limited", "Too many ICE candidates for one connection.");
    return [
      { do: "remember", socket: from.socket, attachment: { ...from.attachment, meter } },
      ...relayToSender(roster, from, message, nowMs),
    ];
  });
}

/** One frame of the sender, as it came from the network. */
export function senderFrame<S>(roster: Roster<S>, from: SenderPeer<S>, raw: unknown): Action<S>[] {
  return refusing(roster, from, () => {
    const message = decode(SenderMessage, raw);
    if (message.type === "report") {
      return [{ do: "remember", socket: from.socket, attachment: { ...from.attachment, report: message.report } }];
    }
    const { viewer, ...toViewer } = message;
    const peer = roster.viewer(viewer)[0];
    if (!peer) return [];
    if (toViewer.type !== "candidate") return [send(peer.socket, toViewer)];
    const { meter, allowed } = meterCandidateToViewer(peer.attachment.meter);
    if (!allowed) {
      const text = "Too many ICE candidates for one connection.";
      return [send(from.socket, { type: "error", code: "rate-limited", message: text, viewer })];
    }
    return [
      { do: "remember", socket: peer.socket, attachment: { ...peer.attachment, meter } },
      send(peer.socket, toViewer),
    ];
  });
}

/** The owner throws a viewer out. The sender is told even of one without a socket, whose media may still flow. */
export function kicked<S>(roster: Roster<S>, viewer: string): Action<S>[] {
  return [
    ...roster.viewer(viewer).map((peer) => close(peer.socket, "kicked")),
    ...tellSender(roster, { type: "bye", viewer, code: "kicked" }),
  ];
}

/** The links of `roles` were replaced: who came by an old one leaves. */
export function linksRotated<S>(roster: Roster<S>, roles: Role[]): Action<S>[] {
  const holders = roster.viewers().filter((peer) => roles.includes(peer.attachment.role));
  return holders.flatMap((peer) => [
    close(peer.socket, "link-rotated"),
    ...tellSender(roster, { type: "bye", viewer: peer.attachment.viewer, code: "link-rotated" }),
  ]);
}

export function parametersChanged<S>(roster: Roster<S>, parameters: StreamParameters): Action<S>[] {
  return tellSender(roster, { type: "parameters", parameters });
}

export function sessionEnded<S>(roster: Roster<S>): Action<S>[] {
  return [...roster.viewers(), ...roster.senders()].map((peer) => close(peer.socket, "session-ended"));
}

function relayToSender<S>(roster: Roster<S>, from: ViewerPeer<S>, message: ViewerMessage, nowMs: number): Action<S>[] {
  const sender = presentSender(roster, nowMs);
  if (sender) return [send(sender.socket, { ...message, viewer: from.attachment.viewer })];
  if (message.type !== "offer") return [];
  return [send(from.socket, { type: "error", code: "sender-absent", message: ERRORS["sender-absent"].message })];
}

/** A peer that breaks the rules is closed, and the other side learns that it left; nobody else notices. */
function refusing<S>(roster: Roster<S>, from: ViewerPeer<S> | SenderPeer<S>, handle: () => Action<S>[]): Action<S>[] {
  try {
    return handle();
  } catch (error) {
    if (!(error instanceof SightlineError)) throw error;
    const rest: Roster<S> = {
      senders: () => roster.senders().filter((peer) => peer.socket !== from.socket),
      viewers: () => roster.viewers().filter((peer) => peer.socket !== from.socket),
      viewer: (id) => roster.viewer(id).filter((peer) => peer.socket !== from.socket),
    };
    return [close(from.socket, error.code, error.message), ...peerClosed(rest, from.attachment)];
  }
}

/** Also to a sender that is silent: should it be alive after all, it misses nothing. */
function tellSender<S>(roster: Roster<S>, message: ToSenderMessage): Action<S>[] {
  return roster
    .senders()
    .slice(0, 1)
    .map((peer) => send(peer.socket, message));
}

function send<S>(socket: S, message: ToViewerMessage | ToSenderMessage): Action<S> {
  return { do: "send", socket, message };
}

function close<S>(socket: S, code: ErrorCode, message: string = ERRORS[code].message): Action<S> {
  return { do: "close", socket, code, message };
}
