import { hear, isQuestionable, isSilent } from "../../protocol/liveness.ts";
import { askForIce, forgetAsking } from "./asking.ts";
import { type Connection, SAME_CHANGE_MS } from "./model.ts";
import type { Move } from "./move.ts";
import { forgetNoPath } from "./no-path.ts";
import { isStale } from "./renewal.ts";
import { probeSocket } from "./socket-life.ts";

/** What is to be done when a network changes, fails or returns. */

/** Judged only when polled: after the machine slept, a timer alone would call a healthy stream silent. */
export function pollPackets(move: Move, connection: Connection, packetsReceived: number): void {
  const { model, nowMs } = move;
  if (packetsReceived > connection.packetsReceived) {
    connection.packetsReceived = packetsReceived;
    connection.heard = hear(connection.heard, nowMs);
    connection.doubted = connection.questioned = undefined;
    return;
  }
  const { heard, doubted, questioned } = connection;
  if (connection !== model.current || model.paused) return;
  // The edge's answer is there by the time that the path is given up.
  if (!questioned && isQuestionable(heard, nowMs, doubted)) {
    connection.questioned = true;
    probeSocket(move);
  }
  if (!isSilent(heard, nowMs, doubted)) return;
  connection.fault ??= "silent";
  if (doubted) connection.shaken = true;
}

/** The operating system says that the network is another, or is back: whatever waits for it waits no longer. */
export function networkChanged(move: Move): void {
  const { model, nowMs } = move;
  model.offerAtMs = nowMs;
  forgetNoPath(model);
  dropUnconnected(move);
  forgetAsking(move);
  for (const connection of [model.current, model.next]) {
    if (!connection) continue;
    connection.doubted = true;
    if (isQuestionable(connection.heard, nowMs)) connection.shaken = true;
  }
  probeSocket(move);
  if (model.socket.phase === "ready") return;
  // However long it was away, it is worth haste now; a route may still be missing for a moment.
  model.socketPast = { ...model.socketPast, lostAtMs: nowMs };
  model.socketFailures = 0;
  if (model.socket.phase === "closed") model.socket.retryAtMs = nowMs;
  // One change is often told by several events.
  else if (nowMs - model.socket.sinceMs >= SAME_CHANGE_MS) {
    move.actions.push({ type: "close-socket" });
    move.openSocket();
  }
}

/** The sender came, or came back: what was offered meanwhile may have gone down with its old socket or network. */
export function reachedAgain(move: Move): void {
  move.model.offerAtMs = move.nowMs;
  dropUnconnected(move);
}

/** The sender doubts the path on show: a fresh one is made beside it, though frames may still come. */
export function renewAsked(move: Move, number: number): void {
  const { model, nowMs } = move;
  if (model.current?.number !== number || model.next || model.askedForIceAtMs !== undefined || model.sender === null)
    return;
  if (isStale(model.ice, nowMs)) {
    // Remembered until they are here, though frames come meanwhile.
    model.current.shaken = true;
    askForIce(move);
  } else move.offer(true);
}

/** What went by HTTP is the edge's to repeat, until it is answered. */
function dropUnconnected(move: Move): void {
  const { next, spare } = move.model;
  if (!next || next.connected || (next.ahead && next.answeredAtMs === undefined)) return;
  if (!spare?.connected || !move.goOnWithSpare()) move.dropNext();
}
