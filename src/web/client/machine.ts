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
import { isFinal } from "./errors.ts";
import { adopt, offerBeside, posted, postRefused } from "./first-offer.ts";
import { type Action, type Connection, type Context, type Event, type Model, TIMING } from "./model.ts";
import { noPathDeadlineMs, noPathNotice, notePath, type RelayOutcome } from "./no-path.ts";
import { pause, resume } from "./pause.ts";
import { grant, hasRelay, isStale, refusedBy } from "./renewal.ts";
import { retry } from "./retry.ts";
import { networkChanged, pollPackets, reachedAgain, renewAsked } from "./roaming.ts";
import { socketReady } from "./socket-life.ts";
import { Turn } from "./turn.ts";

export interface Step {
  model: Model;
  actions: Action[];
}

/** The viewer's every decision: what it knows, what happened and the time in; what it knows then and is to do out. */
export function step(before: Model, event: Event, context: Context): Step {
  const turn = new Turn(before, context);
  take(turn, event);
  settle(turn);
  return { model: turn.model, actions: turn.actions };
}

function take(turn: Turn, event: Event): void {
  const { model } = turn;
  if (model.stopped && event.type !== "retry") return;
  switch (event.type) {
    case "message":
      takeMessage(turn, event.message);
      return;
    case "socket-closed":
      turn.socketClosed(event.notice, event.unanswered);
      return;
    case "refused":
      turn.stop("failed", event.notice);
      return;
    case "close":
      turn.stop("ended");
      return;
    case "retry":
      retry(turn);
      return;
    case "posted":
      posted(turn, event);
      return;
    case "post-refused":
      postRefused(turn, event.connection, event.notice);
      return;
    case "answered":
      if (model.next?.number === event.connection) model.next.answeredAtMs ??= turn.nowMs;
      return;
    case "first-frame":
      for (const coming of [model.next, model.spare]) if (coming?.number === event.connection) turn.takeOver(coming);
      return;
    case "peer-failed":
      if (event.notice) model.notice = event.notice;
      turn.lost(event.connection, "broken");
      return;
    case "transport":
      takeTransport(turn, event.connection, event.state);
      return;
    case "mapped": {
      const connection = turn.connection(event.connection);
      if (connection) connection.mapped = true;
      return;
    }
    case "relay":
      takeRelay(turn, event.connection, event.outcome);
      return;
    case "polled":
      takePoll(turn, event);
      return;
    case "ice":
      iceAsked(turn, event);
      return;
    case "network":
      networkChanged(turn);
      return;
    case "wake":
      return;
  }
}

function takeMessage(turn: Turn, message: ToViewerMessage): void {
  const { model } = turn;
  switch (message.type) {
    case "welcome":
      socketReady(turn);
      takeGrant(turn, grant(message.iceServers, message.iceTtlMs, turn.nowMs));
      forgetAsking(turn);
      model.notice = undefined;
      model.offerAtMs = Math.min(model.offerAtMs, turn.nowMs);
      if (message.paused) pause(turn);
      // Of a camera that is not here the edge does not know it.
      else if (message.sender !== null) resume(turn);
      turn.senderHere(message.sender);
      return;
    case "sender-online":
      if (message.sender === (model.sender ?? model.next?.sender)) reachedAgain(turn);
      // What the edge said of a camera that was not here is no reason for the socket's end later.
      if (model.socket.phase !== "closed") model.socket.error = undefined;
      turn.senderHere(message.sender);
      return;
    case "sender-offline":
      model.sender = null;
      // An answer that has not come yet is not coming; an answered connection needs no signaling to go on.
      turn.dropUnanswered();
      return;
    case "paused":
      message.paused ? pause(turn) : resume(turn);
      return;
    case "answer":
      takeAnswer(turn, message);
      return;
    case "renew":
      renewAsked(turn, message.connection);
      return;
    case "candidate": {
      const { connection, candidate, sdpMid, sdpMLineIndex } = message;
      if (!turn.connection(connection)) return;
      const init = candidate === null ? null : { candidate, sdpMid, sdpMLineIndex };
      turn.actions.push({ type: "add-candidate", connection, candidate: init });
      return;
    }
    case "bye": {
      const { connection, code, message: sentence } = message;
      const notice = code && { code, message: sentence ?? ERRORS[code].message };
      // A good-bye to a connection that this page does not have changes nothing, whatever it says.
      if (connection !== undefined && !turn.connection(connection)) return;
      if (notice && isFinal(notice.code)) {
        turn.error(notice);
        return;
      }
      if (notice) model.notice = notice;
      connection === undefined ? turn.lostAll() : turn.lost(connection);
      return;
    }
    case "error":
      turn.error({ code: message.code, message: message.message });
      return;
  }
}

function takeTransport(turn: Turn, number: number, state: "connected" | "disconnected" | "gone"): void {
  const connection = turn.connection(number);
  if (!connection) return;
  if (state === "gone") {
    turn.lost(number);
    return;
  }
  if (state === "disconnected") {
    connection.disconnectedAtMs ??= turn.nowMs;
    return;
  }
  connection.connected = true;
  connection.disconnectedAtMs = undefined;
  if (connection.fault === "disconnected") turn.healed(connection);
}

function takeRelay(turn: Turn, number: number, outcome: RelayOutcome): void {
  const { model, nowMs } = turn;
  const connection = turn.connection(number);
  if (!connection || connection.relay === "gathered") return;
  connection.relay = outcome;
  if (outcome !== "refused" || connection.iceGrantedAtMs !== model.ice.grantedAtMs) return;
  model.ice = refusedBy(model.ice, nowMs);
  if (model.ice.refused) connection.lacksRelay = true;
}

function takePoll(turn: Turn, polled: Extract<Event, { type: "polled" }>): void {
  const { model } = turn;
  const { connection: number, framesReceived, path } = polled;
  const connection = turn.connection(number);
  if (!connection) return;
  if (path) turn.pathKnown(connection, path);
  pollPackets(turn, connection, polled.packetsReceived);
  const { framesDecoded } = polled;
  // A decoder that hangs shows a picture that stands, however many frames come.
  const hangs = framesDecoded !== undefined && framesDecoded <= connection.framesDecoded;
  if (framesReceived > connection.framesReceived && !hangs) {
    connection.framesReceived = framesReceived;
    connection.framesDecoded = framesDecoded ?? connection.framesDecoded;
    connection.lastFrameAtMs = turn.nowMs;
    connection.quiet = false;
    if (connection === model.current && model.paused === "resuming") model.paused = undefined;
    if (connection.fault && connection.fault !== "gone") turn.healed(connection);
    return;
  }
  if (connection !== model.current || model.paused === "held") return;
  // Judged only when polled: after the machine slept, a timer alone would call a healthy stream stalled.
  const silentMs = turn.nowMs - connection.lastFrameAtMs;
  connection.quiet = silentMs >= TIMING.quietMs;
  if (silentMs >= TIMING.stalledMs) connection.fault ??= "stalled";
}

/** What follows from the model and the time alone, whatever the event was. */
function settle(turn: Turn): void {
  const { model, nowMs } = turn;
  if (model.stopped) return;
  const { socket, current } = model;
  if (isPast(socketDeadlineMs(model), nowMs)) {
    turn.actions.push({ type: "close-socket" });
    turn.socketClosed();
  }
  if (model.ahead) adopt(turn);
  if (socket.phase === "closed" && socket.retryAtMs <= nowMs) turn.openSocket();
  if (current && isPast(disconnectedDeadlineMs(current), nowMs)) current.fault ??= "disconnected";
  if (model.next && model.sender !== null && model.next.sender !== model.sender) turn.dropNext();
  if (model.next && isPast(takeoverDeadlineMs(model.next, model), nowMs)) turn.failNext();
  if (model.next && isPast(relayDeadlineMs(model.next, model), nowMs)) {
    model.next.lacksRelay = false;
    hasRelay(model.ice) && !model.ice.refused ? offerBeside(turn) : askForIce(turn);
  }
  if (model.next && mayTakeOverUnseen(model, model.next)) turn.takeOver(model.next);
  if (wantsOffer(model) && model.offerAtMs <= nowMs) {
    isStale(model.ice, nowMs) ? askForIce(turn) : turn.offer();
  }
  if (wantsRenewal(model) && isPast(model.current?.renewAtMs, nowMs)) renew(turn);
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
