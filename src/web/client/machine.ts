import { ERRORS } from "../../protocol/errors.ts";
import type { ToViewerMessage } from "../../protocol/messages.ts";
import { takeAnswer, takeGrant } from "./answering.ts";
import { askForIce, forgetAsking, iceAsked, renew } from "./asking.ts";
import {
  disconnectedDeadlineMs,
  relayDeadlineMs,
  socketDeadlineMs,
  takeoverDeadlineMs,
  wantsOffer,
  wantsRenewal,
} from "./deadlines.ts";
import { adopt, offerBeside, posted, postRefused } from "./first-offer.ts";
import { type Action, type Connection, type Context, type Event, type Model, TIMING } from "./model.ts";
import { Move } from "./move.ts";
import { noPathDeadlineMs, noPathNotice, notePath, type RelayOutcome } from "./no-path.ts";
import { pause, resume } from "./pause.ts";
import { grant, hasRelay, isStale, refusedBy } from "./renewal.ts";
import { retry } from "./retry.ts";
import { networkChanged, pollPackets, reachedAgain, renewAsked } from "./roaming.ts";
import { socketReady } from "./socket-life.ts";

export interface Step {
  model: Model;
  actions: Action[];
}

/** The viewer's every decision: what it knows, what happened and the time in; what it knows then and is to do out. */
export function step(before: Model, event: Event, context: Context): Step {
  const move = new Move(before, context);
  take(move, event);
  settle(move);
  return { model: move.model, actions: move.actions };
}

function take(move: Move, event: Event): void {
  const { model } = move;
  if (model.stopped && event.type !== "retry") return;
  switch (event.type) {
    case "message":
      takeMessage(move, event.message);
      return;
    case "socket-closed":
      move.socketClosed(event.notice, event.unanswered);
      return;
    case "refused":
      move.stop("failed", event.notice);
      return;
    case "close":
      move.stop("ended");
      return;
    case "retry":
      retry(move);
      return;
    case "posted":
      posted(move, event);
      return;
    case "post-refused":
      postRefused(move, event.connection, event.notice);
      return;
    case "answered":
      if (model.next?.number === event.connection) model.next.answeredAtMs ??= move.nowMs;
      return;
    case "first-frame":
      for (const coming of [model.next, model.spare]) if (coming?.number === event.connection) move.takeOver(coming);
      return;
    case "peer-failed":
      if (event.notice) model.notice = event.notice;
      move.lost(event.connection, "broken");
      return;
    case "transport":
      takeTransport(move, event.connection, event.state);
      return;
    case "mapped": {
      const connection = move.connection(event.connection);
      if (connection) connection.mapped = true;
      return;
    }
    case "relay":
      takeRelay(move, event.connection, event.outcome);
      return;
    case "polled":
      takePoll(move, event);
      return;
    case "ice":
      iceAsked(move, event);
      return;
    case "network":
      networkChanged(move);
      return;
    case "wake":
      return;
  }
}

function takeMessage(move: Move, message: ToViewerMessage): void {
  const { model } = move;
  switch (message.type) {
    case "welcome":
      socketReady(move);
      takeGrant(move, grant(message.iceServers, message.iceTtlMs, move.nowMs));
      forgetAsking(move);
      model.notice = undefined;
      model.offerAtMs = Math.min(model.offerAtMs, move.nowMs);
      if (message.paused) pause(move);
      // Of a camera that is not here the edge does not know it.
      else if (message.sender !== null) resume(move);
      move.senderHere(message.sender);
      return;
    case "sender-online":
      if (message.sender === (model.sender ?? model.next?.sender)) reachedAgain(move);
      // What the edge said of a camera that was not here is no reason for the socket's end later.
      if (model.socket.phase !== "closed") model.socket.error = undefined;
      move.senderHere(message.sender);
      return;
    case "sender-offline":
      model.sender = null;
      // An answer that has not come yet is not coming; an answered connection needs no signaling to go on.
      move.dropUnanswered();
      return;
    case "paused":
      message.paused ? pause(move) : resume(move);
      return;
    case "answer":
      takeAnswer(move, message);
      return;
    case "renew":
      renewAsked(move, message.connection);
      return;
    case "candidate": {
      const { connection, candidate, sdpMid, sdpMLineIndex } = message;
      if (!move.connection(connection)) return;
      const init = candidate === null ? null : { candidate, sdpMid, sdpMLineIndex };
      move.actions.push({ type: "add-candidate", connection, candidate: init });
      return;
    }
    case "bye": {
      const { connection, code, message: sentence } = message;
      const notice = code && { code, message: sentence ?? ERRORS[code].message };
      // A good-bye to a connection that this page does not have changes nothing, whatever it says.
      if (connection !== undefined && !move.connection(connection)) return;
      if (move.stopIfFinal(notice)) return;
      if (notice) model.notice = notice;
      connection === undefined ? move.lostAll() : move.lost(connection);
      return;
    }
    case "error":
      move.error({ code: message.code, message: message.message });
      return;
  }
}

function takeTransport(move: Move, number: number, state: "connected" | "disconnected" | "gone"): void {
  const connection = move.connection(number);
  if (!connection) return;
  if (state === "gone") {
    move.lost(number);
    return;
  }
  if (state === "disconnected") {
    connection.disconnectedAtMs ??= move.nowMs;
    return;
  }
  connection.connected = true;
  connection.disconnectedAtMs = undefined;
  if (connection.fault === "disconnected") move.healed(connection);
}

function takeRelay(move: Move, number: number, outcome: RelayOutcome): void {
  const { model, nowMs } = move;
  const connection = move.connection(number);
  if (!connection || connection.relay === "gathered") return;
  connection.relay = outcome;
  if (outcome !== "refused" || connection.iceGrantedAtMs !== model.ice.grantedAtMs) return;
  model.ice = refusedBy(model.ice, nowMs);
  if (model.ice.refused) connection.lacksRelay = true;
}

function takePoll(move: Move, polled: Extract<Event, { type: "polled" }>): void {
  const { model } = move;
  const { connection: number, framesReceived, path } = polled;
  const connection = move.connection(number);
  if (!connection) return;
  if (path) move.pathKnown(connection, path);
  pollPackets(move, connection, polled.packetsReceived);
  const { framesDecoded } = polled;
  // A decoder that hangs shows a picture that stands, however many frames come.
  const hangs = framesDecoded !== undefined && framesDecoded <= connection.framesDecoded;
  if (framesReceived > connection.framesReceived && !hangs) {
    connection.framesReceived = framesReceived;
    connection.framesDecoded = framesDecoded ?? connection.framesDecoded;
    connection.lastFrameAtMs = move.nowMs;
    connection.quiet = false;
    if (connection === model.current && model.paused === "resuming") model.paused = undefined;
    if (connection.fault && connection.fault !== "gone") move.healed(connection);
    return;
  }
  if (connection !== model.current || model.paused === "held") return;
  // Judged only when polled: after the machine slept, a timer alone would call a healthy stream stalled.
  const silentMs = move.nowMs - connection.lastFrameAtMs;
  connection.quiet = silentMs >= TIMING.quietMs;
  if (silentMs >= TIMING.stalledMs) connection.fault ??= "stalled";
}

/** What follows from the model and the time alone, whatever the event was. */
function settle(move: Move): void {
  const { model, nowMs } = move;
  if (model.stopped) return;
  const { socket, current } = model;
  if (isPast(socketDeadlineMs(model), nowMs)) {
    move.actions.push({ type: "close-socket" });
    move.socketClosed();
  }
  if (model.ahead) adopt(move);
  if (socket.phase === "closed" && socket.retryAtMs <= nowMs) move.openSocket();
  if (current && isPast(disconnectedDeadlineMs(current), nowMs)) current.fault ??= "disconnected";
  if (model.next && model.sender !== null && model.next.sender !== model.sender) move.dropNext();
  if (model.next && isPast(takeoverDeadlineMs(model.next, model), nowMs)) move.failNext();
  if (model.next && isPast(relayDeadlineMs(model.next, model), nowMs)) {
    model.next.lacksRelay = false;
    hasRelay(model.ice) && !model.ice.refused ? offerBeside(move) : askForIce(move);
  }
  if (model.next && mayTakeOverUnseen(model, model.next)) move.takeOver(model.next);
  if (wantsOffer(model) && model.offerAtMs <= nowMs) {
    isStale(model.ice, nowMs) ? askForIce(move) : move.offer();
  }
  if (wantsRenewal(model) && isPast(model.current?.renewAtMs, nowMs)) renew(move);
  notePath(model);
  // Looked at again while a connection is tried, for a server's refusal may come late.
  if (isPast(noPathDeadlineMs(model), nowMs) || (model.noPath && model.next)) model.noPath = noPathNotice(model);
}

function isPast(timeMs: number | undefined, nowMs: number): boolean {
  return timeMs !== undefined && timeMs <= nowMs;
}

/** A paused camera has no first frame to wait for; the last picture stays. */
function mayTakeOverUnseen({ current, paused }: Model, next: Connection): boolean {
  return current !== undefined && paused === "held" && !!next.connected && next.disconnectedAtMs === undefined;
}
