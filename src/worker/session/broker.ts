import type * as v from "valibot";
import { decode } from "../../protocol/codec.ts";
import { ERRORS, SightlineError } from "../../protocol/errors.ts";
import type { Role } from "../../protocol/ids.ts";
import { SenderMessage, ViewerMessage, type ViewerWelcome } from "../../protocol/messages.ts";
import type { SenderReport, StreamParameters } from "../../protocol/stream.ts";
import {
  type Action,
  byHttp,
  close,
  keepStandby,
  leaves,
  letIn,
  presentSender,
  revoke,
  send,
  stepAside,
  tellSender,
} from "./action.ts";
import type { Attachment } from "./attachment.ts";
import { WHEP_CONNECTION } from "./http-broker.ts";
import { meterCandidateToViewer, meterFrame, meterMessage } from "./meter.ts";
import { freePlace, hasVanished } from "./places.ts";
import type { ForHttp, Roster, SenderPeer, ViewerPeer } from "./roster.ts";

export { type Action, presentSender } from "./action.ts";

/**
 * Who is told what when something happens in a session. Pure: a roster, an event and the time go in, actions come
 * out, to be done in their order.
 */

type Bye = Extract<ForHttp, { type: "bye" }>;
type IceFields = Pick<v.InferOutput<typeof ViewerWelcome>, "iceServers" | "iceTtlMs" | "iceIncomplete">;

/** `roster` is as it was before the newcomer. */
export function viewerConnected<S>(
  roster: Roster<S>,
  newcomer: { socket: S; viewer: string; role: Role },
  ice: IceFields,
  nowMs: number,
): Action<S>[] {
  const { socket, viewer, role } = newcomer;
  const earlier = roster.viewer(viewer);
  const known = earlier.some((peer) => peer.attachment.role === role);
  const sender = presentSender(roster, nowMs)?.attachment;
  const welcome = { type: "welcome", role, ...ice, sender: sender?.instance ?? null } as const;
  return [
    ...earlier.map((peer) => close(peer.socket, "replaced")),
    { do: "send", socket, message: sender && isPaused(sender.report) ? { ...welcome, paused: true } : welcome },
    ...(known ? [] : tellSender(roster, { type: "viewer-joined", viewer, role })),
  ];
}

/** `roster` is as it was before the newcomer. */
export function senderConnected<S>(
  roster: Roster<S>,
  newcomer: { socket: S; instance: string },
  ice: IceFields,
  parameters: StreamParameters,
): Action<S>[] {
  const viewers = roster.viewers();
  const roles = new Map(viewers.map(({ attachment }) => [attachment.viewer, attachment.role]));
  const present = Array.from(roles, ([viewer, role]) => ({ viewer, role }));
  return [
    ...roster.senders().flatMap((peer) => stepAside(peer, newcomer.instance)),
    {
      do: "send",
      socket: newcomer.socket,
      message: { type: "welcome", ...ice, viewers: present, parameters, standby: true },
    },
    // The socket that was to tell of it may have been down, or dead.
    ...roster.kicked().map((viewer) => send(newcomer.socket, { type: "bye", viewer, code: "kicked" })),
    ...viewers.map((peer) => send(peer.socket, { type: "sender-online", sender: newcomer.instance })),
    // The old sender may have taken them along unanswered.
    ...roster.http.offers().map((offer) => send(newcomer.socket, offer)),
    // Players whose connections ended with another process of the sender.
    ...roster.http.viewers().flatMap(({ viewer, sender }): Action<S>[] => {
      if (sender === undefined) return [];
      // It may have given them up in words that were lost with its socket, and then says so again.
      if (sender === newcomer.instance) {
        return [send(newcomer.socket, { type: "resume", viewer, connection: WHEP_CONNECTION })];
      }
      return [byHttp(viewer, { type: "bye" }), revoke(viewer)];
    }),
  ];
}

/** `roster` is as it is without the socket that closed. */
export function peerClosed<S>(roster: Roster<S>, gone: Attachment): Action<S>[] {
  if (gone.kind === "sender") {
    if (roster.senders().length > 0) return [];
    return [
      ...roster.viewers().map((peer) => send(peer.socket, { type: "sender-offline" })),
      ...roster.http.offers().map(({ viewer, connection }) => {
        return byHttp<S>(viewer, { type: "bye", connection, code: "sender-absent" });
      }),
    ];
  }
  const { viewer, givenUp } = gone;
  if (roster.viewer(viewer).length > 0) return [];
  const left = tellSender(roster, { type: "viewer-left", viewer });
  return givenUp && !roster.http.knows(viewer) ? [...left, revoke(viewer)] : left;
}

/** One frame of a viewer, as it came from the network. */
export function viewerFrame<S>(roster: Roster<S>, from: ViewerPeer<S>, raw: unknown, nowMs: number): Action<S>[] {
  return refusing(roster, from, () => {
    const frame = meterFrame(from.attachment.meter, nowMs);
    if (!frame.allowed) throw new SightlineError("rate-limited");
    const message = decode(ViewerMessage, raw);
    const { meter, allowed } = meterMessage(frame.meter, message.type);
    if (!allowed) throw new SightlineError("rate-limited", `Too many of one kind of message: ${message.type}.`);
    const { givenUp: _before, ...attachment } = from.attachment;
    return [
      { do: "remember", socket: from.socket, attachment: { ...attachment, meter } },
      ...relayToSender(roster, from, message, nowMs),
      ...(leaves(message) ? viewerLeft(roster, from.attachment.viewer) : []),
    ];
  });
}

/** By its own word: its place is free at once, also the one that an offer by HTTP keeps for a socket to come. */
function viewerLeft<S>(roster: Roster<S>, viewer: string): Action<S>[] {
  return [...(roster.http.knows(viewer) ? [byHttp<S>(viewer, { type: "bye" })] : []), revoke(viewer)];
}

/** One frame of the sender, as it came from the network. */
export function senderFrame<S>(roster: Roster<S>, from: SenderPeer<S>, raw: unknown, nowMs: number): Action<S>[] {
  return refusing(roster, from, () => {
    const message = decode(SenderMessage, raw);
    if (message.type === "report") return reported(roster, from, message.report);
    if (message.type === "standby") return [keepStandby(from, message.standby ?? undefined)];
    const { viewer, others, ...toViewer } = { others: undefined, ...message };
    if (toViewer.type === "candidate") return relayCandidate(roster, from, viewer, toViewer);
    if (toViewer.type === "renew") return roster.viewer(viewer).map((peer) => send(peer.socket, toViewer));
    // Whoever asked by HTTP is told there, and not on its socket as well.
    const awaited = isAwaited(roster, viewer, toViewer.connection);
    const concerned = awaited || (toViewer.type === "bye" && roster.http.knows(viewer));
    const [peer] = roster.viewer(viewer);
    return [
      ...(concerned ? [byHttp<S>(viewer, toViewer, from.attachment.instance)] : []),
      ...(peer && !awaited ? [send(peer.socket, toViewer)] : []),
      ...(toViewer.type === "answer" ? takeUp(peer) : []),
      // By its other connections the viewer may see the camera, through the relay that it was granted.
      ...(toViewer.type === "bye" && !others ? giveUp(roster, viewer, toViewer, nowMs) : []),
    ];
  });
}

/** A viewer with an open socket connects again, with what it was granted, unless nobody is behind that socket. */
function giveUp<S>(roster: Roster<S>, viewer: string, { code }: Bye, nowMs: number): Action<S>[] {
  const [peer] = roster.viewer(viewer);
  if (!peer) return [revoke(viewer)];
  if (hasVanished(roster, peer, nowMs)) return freePlace(roster, peer, true);
  // A code refuses an offer, and says nothing of the connections that there are.
  if (code !== undefined) return [];
  return [{ do: "remember", socket: peer.socket, attachment: { ...peer.attachment, givenUp: true } }];
}

function takeUp<S>(peer: ViewerPeer<S> | undefined): Action<S>[] {
  if (!peer?.attachment.givenUp) return [];
  const { givenUp: _before, ...attachment } = peer.attachment;
  return [{ do: "remember", socket: peer.socket, attachment }];
}

/** Viewers are told of a pause, or they would take the missing pictures for a fault. */
function reported<S>(roster: Roster<S>, from: SenderPeer<S>, report: SenderReport): Action<S>[] {
  const paused = isPaused(report);
  const before = from.attachment.report;
  // A new sender's first report is told too: the one before it may have left in a pause.
  const news = before === null || isPaused(before) !== paused;
  return [
    { do: "remember", socket: from.socket, attachment: { ...from.attachment, report } },
    ...(news ? roster.viewers().map((peer) => send(peer.socket, { type: "paused", paused })) : []),
  ];
}

function isPaused(report: SenderReport | null): boolean {
  return report?.parameters.paused ?? false;
}

function relayCandidate<S>(
  roster: Roster<S>,
  from: SenderPeer<S>,
  viewer: string,
  candidate: Extract<ForHttp, { type: "candidate" }>,
): Action<S>[] {
  const [peer] = roster.viewer(viewer);
  if (!peer) return roster.http.knows(viewer) ? [byHttp(viewer, candidate)] : [];
  const { meter, allowed } = meterCandidateToViewer(peer.attachment.meter);
  if (!allowed) {
    const text = "Too many ICE candidates for one connection.";
    return [send(from.socket, { type: "error", code: "rate-limited", message: text, viewer })];
  }
  return [
    { do: "remember", socket: peer.socket, attachment: { ...peer.attachment, meter } },
    send(peer.socket, candidate),
  ];
}

function relayToSender<S>(roster: Roster<S>, from: ViewerPeer<S>, message: ViewerMessage, nowMs: number): Action<S>[] {
  const sender = presentSender(roster, nowMs);
  const { viewer } = from.attachment;
  if (sender) {
    const back = message.type === "offer" ? letIn<S>(roster, viewer) : [];
    return [...supersede(roster, viewer, message), ...back, send(sender.socket, { ...message, viewer })];
  }
  if (message.type !== "offer") return [];
  return [send(from.socket, { type: "error", code: "sender-absent", message: ERRORS["sender-absent"].message })];
}

/** A page that asks again on its socket no longer listens to the request that asked first. */
function supersede<S>(roster: Roster<S>, viewer: string, { type, connection }: ViewerMessage): Action<S>[] {
  if (type !== "offer" || !isAwaited(roster, viewer, connection)) return [];
  return [byHttp(viewer, { type: "bye", connection, code: "replaced" })];
}

function isAwaited<S>(roster: Roster<S>, viewer: string, connection: number | undefined): boolean {
  return connection !== undefined && roster.http.offers(viewer).some((offer) => offer.connection === connection);
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
      kicked: roster.kicked,
      http: roster.http,
    };
    return [close(from.socket, error.code, error.message), ...peerClosed(rest, from.attachment)];
  }
}
