import { ERRORS } from "../../protocol/errors.ts";
import type { ToViewerMessage } from "../../protocol/messages.ts";
import { severity } from "./errors.ts";
import { type Action, type Connection, type Context, type Event, type Model, TIMING } from "./model.ts";
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

/** When {@link step} wants a `wake` at the latest, on the context's clock; `undefined` when only events matter. */
export function deadlineMs(model: Model): number | undefined {
  if (model.stopped) return undefined;
  const { socket, current, next } = model;
  const times: number[] = [];
  if (socket.phase === "closed") times.push(socket.retryAtMs);
  if (socket.phase === "opening") times.push(socket.sinceMs + TIMING.socketOpenMs);
  if (next) times.push(takeoverDeadlineMs(next));
  if (current?.disconnectedAtMs !== undefined && !current.fault) {
    times.push(current.disconnectedAtMs + TIMING.disconnectedMs);
  }
  if (wantsOffer(model)) times.push(model.offerAtMs);
  return times.length > 0 ? Math.min(...times) : undefined;
}

function takeoverDeadlineMs({ answeredAtMs, offeredAtMs }: Connection): number {
  return answeredAtMs === undefined ? offeredAtMs + TIMING.answerMs : answeredAtMs + TIMING.firstFrameMs;
}

function wantsOffer({ socket, sender, current, next }: Model): boolean {
  if (socket.phase !== "ready" || sender === null || next) return false;
  return !current || current.fault !== undefined || current.sender !== sender;
}

function take(turn: Turn, event: Event): void {
  const { model } = turn;
  if (model.stopped && event.type !== "retry") return;
  switch (event.type) {
    case "message":
      takeMessage(turn, event.message);
      return;
    case "socket-closed":
      turn.socketClosed(event.notice);
      return;
    case "refused":
      turn.stop("failed", event.notice);
      return;
    case "close":
      turn.stop("ended");
      return;
    case "retry":
      turn.retry();
      return;
    case "answered":
      if (model.next?.number === event.connection) model.next.answeredAtMs ??= turn.nowMs;
      return;
    case "first-frame":
      if (model.next?.number === event.connection) turn.takeOver(model.next);
      return;
    case "peer-failed":
      turn.lost(event.connection);
      return;
    case "transport":
      takeTransport(turn, event.connection, event.state);
      return;
    case "polled":
      takePoll(turn, event.connection, event.framesReceived);
      return;
    case "wake":
      return;
  }
}

function takeMessage(turn: Turn, message: ToViewerMessage): void {
  const { model } = turn;
  switch (message.type) {
    case "welcome":
      model.socket = { phase: "ready", sinceMs: turn.nowMs };
      model.iceServers = message.iceServers;
      model.notice = undefined;
      model.offerAtMs = Math.min(model.offerAtMs, turn.nowMs);
      turn.senderHere(message.sender);
      return;
    case "sender-online":
      turn.senderHere(message.sender);
      return;
    case "sender-offline":
      model.sender = null;
      // An answer that has not come yet is not coming; an answered connection needs no signaling to go on.
      if (model.next?.answeredAtMs === undefined) turn.dropNext();
      return;
    case "answer": {
      const { connection, sdp, proof } = message;
      if (model.next?.number !== connection || model.next.answeredAtMs !== undefined) return;
      model.notice = undefined;
      turn.actions.push({ type: "accept-answer", connection, sdp, proof });
      return;
    }
    case "candidate": {
      const { connection, candidate, sdpMid, sdpMLineIndex } = message;
      if (!turn.connection(connection)) return;
      const init = candidate === null ? null : { candidate, sdpMid, sdpMLineIndex };
      turn.actions.push({ type: "add-candidate", connection, candidate: init });
      return;
    }
    case "bye": {
      const { connection, code, message: sentence } = message;
      if (code && severity(code) === "ended") {
        turn.error({ code, message: sentence ?? ERRORS[code].message });
        return;
      }
      if (code) model.notice = { code, message: sentence ?? ERRORS[code].message };
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
  connection.disconnectedAtMs = undefined;
  if (connection.fault === "disconnected") turn.healed(connection);
}

function takePoll(turn: Turn, number: number, framesReceived: number): void {
  const connection = turn.connection(number);
  if (!connection) return;
  if (framesReceived > connection.framesReceived) {
    connection.framesReceived = framesReceived;
    connection.lastFrameAtMs = turn.nowMs;
    connection.quiet = false;
    if (connection.fault && connection.fault !== "gone") turn.healed(connection);
    return;
  }
  if (connection !== turn.model.current) return;
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
  if (socket.phase === "opening" && socket.sinceMs + TIMING.socketOpenMs <= nowMs) {
    turn.actions.push({ type: "close-socket" });
    turn.socketClosed();
  }
  if (socket.phase === "closed" && socket.retryAtMs <= nowMs) turn.openSocket();
  if (current?.disconnectedAtMs !== undefined && current.disconnectedAtMs + TIMING.disconnectedMs <= nowMs) {
    current.fault ??= "disconnected";
  }
  if (model.next && model.sender !== null && model.next.sender !== model.sender) turn.dropNext();
  if (model.next && takeoverDeadlineMs(model.next) <= nowMs) turn.failNext();
  if (wantsOffer(model) && model.offerAtMs <= nowMs) turn.offer();
}
