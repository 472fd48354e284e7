import { SightlineError } from "../../protocol/errors.ts";
import { type Action, close, revoke, tellSender } from "./action.ts";
import type { Roster, ViewerPeer } from "./roster.ts";

/** Who has a place among the viewers of a session. Pure, as the broker is. */

/**
 * A viewer whose machine vanished closes nothing: its socket stands until TCP gives it up, a quarter of an hour later
 * perhaps. One that was not heard for so long yields its place. Hidden pages may ping no more than once a minute.
 */
const VIEWER_UNHEARD_MS = 90_000;

const UNHEARD = "This viewer was not heard for a long time, and its place was needed. Connect again.";

/** Distinct viewers, with an open socket or without. */
export function countViewers<S>(roster: Roster<S>): number {
  const bySocket = roster.viewers().map((viewer) => viewer.attachment.viewer);
  return new Set([...bySocket, ...roster.http.viewers().map(({ viewer }) => viewer)]).size;
}

/**
 * A place for this viewer, who may have one already.
 * @returns what frees the places of viewers who vanished; nothing while the session is not full
 * @throws SightlineError `session-full`
 */
export function takePlace<S>(roster: Roster<S>, viewer: string, maxViewers: number, nowMs: number): Action<S>[] {
  if (roster.viewer(viewer).length > 0 || roster.http.knows(viewer)) return [];
  const surplus = countViewers(roster) - maxViewers;
  if (surplus < 0) return [];
  const vanished = roster.viewers().filter((peer) => hasVanished(roster, peer, nowMs));
  if (vanished.length <= surplus) throw new SightlineError("session-full");
  return vanished.flatMap((peer) => freePlace(roster, peer));
}

/** Not so a page that has just come by HTTP, and whose next socket is on its way. */
export function hasVanished<S>({ http }: Roster<S>, { attachment, lastSeenMs }: ViewerPeer<S>, nowMs: number): boolean {
  return nowMs - lastSeenMs > VIEWER_UNHEARD_MS && !http.knows(attachment.viewer);
}

/**
 * Closes the socket of a viewer who vanished so that its page, should it live, comes back. What it was granted is taken
 * back only where the sender has given it up: its media may flow.
 */
export function freePlace<S>(
  roster: Roster<S>,
  { socket, attachment: { viewer, givenUp } }: ViewerPeer<S>,
  taken = givenUp,
): Action<S>[] {
  return [
    ...(taken ? [revoke<S>(viewer)] : []),
    close(socket, "conflict", UNHEARD),
    ...tellSender(roster, { type: "viewer-left", viewer }),
  ];
}
