import { hear, isQuestionable, isSilent } from "../../protocol/liveness.ts";
import { askForIce, forgetAsking } from "./asking.ts";
import { type Connection, SAME_CHANGE_MS } from "./model.ts";
import { forgetNoPath } from "./no-path.ts";
import { isStale } from "./renewal.ts";
import { probeSocket } from "./socket-life.ts";
import type { Turn } from "./turn.ts";

/** What is to be done when a network changes, fails or returns. */

/** Judged only when polled: after the machine slept, a timer alone would call a healthy stream silent. */
export function pollPackets(turn: Turn, connection: Connection, packetsReceived: number): void {
  const { model, nowMs } = turn;
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
    probeSocket(turn);
  }
  if (!isSilent(heard, nowMs, doubted)) return;
  connection.fault ??= "silent";
  if (doubted) connection.shaken = true;
}

/** The operating system says that the network is another, or is back: whatever waits for it waits no longer. */
export function networkChanged(turn: Turn): void {
  const { model, nowMs } = turn;
  model.offerAtMs = nowMs;
  forgetNoPath(model);
  dropUnconnected(turn);
  forgetAsking(turn);
  for (const connection of [model.current, model.next]) {
    if (!connection) continue;
    connection.doubted = true;
    if (isQuestionable(connection.heard, nowMs)) connection.shaken = true;
  }
  probeSocket(turn);
  if (model.socket.phase === "ready") return;
  // However long it was away, it is worth haste now; a route may still be missing for a moment.
  model.socketPast = { ...model.socketPast, lostAtMs: nowMs };
  model.socketFailures = 0;
  if (model.socket.phase === "closed") model.socket.retryAtMs = nowMs;
  // One change is often told by several events.
  else if (nowMs - model.socket.sinceMs >= SAME_CHANGE_MS) {
    turn.actions.push({ type: "close-socket" });
    turn.openSocket();
  }
}

/** The sender came, or came back: what was offered meanwhile may have gone down with its old socket or network. */
export function reachedAgain(turn: Turn): void {
  turn.model.offerAtMs = turn.nowMs;
  dropUnconnected(turn);
}

/** The sender doubts the path on show: a fresh one is made beside it, though frames may still come. */
export function renewAsked(turn: Turn, number: number): void {
  const { model, nowMs } = turn;
  if (model.current?.number !== number || model.next || model.askedForIceAtMs !== undefined || model.sender === null)
    return;
  if (isStale(model.ice, nowMs)) {
    // Remembered until they are here, though frames come meanwhile.
    model.current.shaken = true;
    askForIce(turn);
  } else turn.offer(true);
}

/** What went by HTTP is the edge's to repeat, until it is answered. */
function dropUnconnected(turn: Turn): void {
  const { next, spare } = turn.model;
  if (!next || next.connected || (next.ahead && next.answeredAtMs === undefined)) return;
  if (!spare?.connected || !turn.goOnWithSpare()) turn.dropNext();
}
