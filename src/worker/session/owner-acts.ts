import { SightlineError } from "../../protocol/errors.ts";
import type { Role } from "../../protocol/ids.ts";
import type { StreamParameters } from "../../protocol/stream.ts";
import { type Action, byHttp, close, keepStandby, revoke, tellSender } from "./action.ts";
import type { Roster, ViewerPeer } from "./roster.ts";

/** Who is told what when the session's owner asks for something. Pure, as the broker is. */

/**
 * The owner throws a viewer out. The sender is told even of one without a socket, whose media may still flow, and told
 * again when it comes.
 */
export function kicked<S>(roster: Roster<S>, viewer: string): Action<S>[] {
  const holders = roster.viewer(viewer);
  // A player's id is of one offer, and never comes again.
  const isPlayer = roster.http.viewers().some((each) => each.viewer === viewer && each.as === "whep");
  const told = holders.length > 0 || isPlayer || roster.http.offers().some((offer) => offer.viewer === viewer);
  return [
    revoke(viewer),
    ...keepOut<S>([viewer], told),
    ...holders.map((peer) => close(peer.socket, "kicked")),
    ...(roster.http.knows(viewer) ? [byHttp<S>(viewer, { type: "bye", code: "kicked" })] : []),
    ...tellSender(roster, { type: "bye", viewer, code: "kicked" }),
    ...leftSockets(roster, holders),
  ];
}

/** What the owner hears of a kick when the edge has no such viewer; `undefined` when it has. */
export function missing<S>(roster: Roster<S>, viewer: string): SightlineError | undefined {
  if (roster.viewer(viewer).length > 0 || roster.http.knows(viewer)) return undefined;
  const sentence =
    "No such viewer is connected here. The camera was told to drop it, or is when it comes, should it still watch.";
  return new SightlineError("viewer-not-found", sentence);
}

/** The links of `roles`, which may be none, were replaced: who came by an old one leaves. */
export function linksRotated<S>(roster: Roster<S>, roles: (Role | "whep")[]): Action<S>[] {
  const code = "link-rotated";
  const holders = roster.viewers().filter((peer) => roles.includes(peer.attachment.role));
  const httpHolders = roster.http.viewers().filter((viewer) => roles.includes(viewer.as));
  const gone = new Set([...holders.map((peer) => peer.attachment.viewer), ...httpHolders.map(({ viewer }) => viewer)]);
  // What vouches for a standby is of the old links.
  const vouching = roles.some((role) => role !== "whep") ? roster.senders() : [];
  return [
    // What they show opens nothing any more: none needs to be told of it.
    ...keepOut<S>([...gone], true),
    ...vouching.map((sender) => keepStandby(sender, undefined)),
    ...holders.map((peer) => close(peer.socket, code)),
    ...httpHolders.flatMap(({ viewer }) => [byHttp<S>(viewer, { type: "bye", code }), revoke<S>(viewer)]),
    ...[...gone].flatMap((viewer) => tellSender(roster, { type: "bye", viewer, code })),
    ...leftSockets(roster, holders),
  ];
}

/** @param told whether these know it themselves */
function keepOut<S>(viewers: string[], told: boolean): Action<S>[] {
  return viewers.length > 0 ? [{ do: "keep-out", viewers, told }] : [];
}

/** A socket that the edge closed itself is nobody's by the time that it has closed. */
function leftSockets<S>(roster: Roster<S>, closed: ViewerPeer<S>[]): Action<S>[] {
  const viewers = new Set(closed.map(({ attachment }) => attachment.viewer));
  return [...viewers].flatMap((viewer) => tellSender(roster, { type: "viewer-left", viewer }));
}

export function parametersChanged<S>(roster: Roster<S>, parameters: StreamParameters): Action<S>[] {
  return tellSender(roster, { type: "parameters", parameters });
}

export function sessionEnded<S>(roster: Roster<S>): Action<S>[] {
  const code = "session-ended";
  return [
    ...[...roster.viewers(), ...roster.senders()].map((peer) => close<S>(peer.socket, code)),
    ...roster.http.viewers().map(({ viewer }) => byHttp<S>(viewer, { type: "bye", code })),
  ];
}
