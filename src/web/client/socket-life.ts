import { pongWaitMs } from "../../protocol/liveness.ts";
import type { Turn } from "./turn.ts";

/** The edge welcomed the socket. */
export function socketReady({ model, nowMs }: Turn): void {
  const { socket, socketPast } = model;
  const openedInMs = socket.phase === "opening" ? nowMs - socket.sinceMs : socketPast.openedInMs;
  model.socket = { phase: "ready", sinceMs: nowMs };
  model.socketPast = { openedInMs };
}

/** Finds out quickly whether the socket still lives. */
export function probeSocket({ model, actions }: Turn): void {
  if (model.socket.phase !== "ready") return;
  actions.push({ type: "probe-socket", waitMs: pongWaitMs(model.socketPast) });
}
