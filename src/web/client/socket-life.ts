import { opened, pongWaitMs } from "../../protocol/liveness.ts";
import type { Move } from "./move.ts";

/** The edge welcomed the socket. */
export function socketReady({ model, nowMs }: Move): void {
  const { socket, socketPast } = model;
  if (socket.phase === "opening") model.socketPast = opened(socketPast, nowMs - socket.sinceMs);
  model.socket = { phase: "ready", sinceMs: nowMs };
  model.welcomed = true;
}

/** Finds out quickly whether the socket still lives. */
export function probeSocket({ model, actions }: Move): void {
  if (model.socket.phase !== "ready") return;
  actions.push({ type: "probe-socket", waitMs: pongWaitMs(model.socketPast) });
}
