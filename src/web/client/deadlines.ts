import { openWaitMs } from "../../protocol/liveness.ts";
import { type Connection, type Model, TIMING } from "./model.ts";
import { noPathDeadlineMs } from "./no-path.ts";
import { hasRelay } from "./renewal.ts";

/** When the machine wants a `wake` at the latest, on the context's clock; `undefined` when only events matter. */
export function deadlineMs(model: Model): number | undefined {
  if (model.stopped) return undefined;
  const { socket, current, next } = model;
  const times: (number | undefined)[] = [socketDeadlineMs(model)];
  if (socket.phase === "closed") times.push(socket.retryAtMs);
  if (next) times.push(takeoverDeadlineMs(next, model), relayDeadlineMs(next, model));
  if (current && !current.fault) times.push(disconnectedDeadlineMs(current));
  times.push(noPathDeadlineMs(model));
  if (wantsOffer(model)) times.push(model.offerAtMs);
  if (wantsRenewal(model)) times.push(current?.renewAtMs);
  const known = times.filter((time) => time !== undefined);
  return known.length > 0 ? Math.min(...known) : undefined;
}

/** When a socket that is opening is given up. */
export function socketDeadlineMs({ socket, socketPast }: Model): number | undefined {
  if (socket.phase !== "opening") return undefined;
  return socket.sinceMs + openWaitMs(socketPast, socket.sinceMs, TIMING.socketOpenMs);
}

/** By when the coming connection must show a picture. While the camera is paused it need only stand. */
export function takeoverDeadlineMs(next: Connection, { paused }: Model): number | undefined {
  if (next.answeredAtMs === undefined) return next.offeredAtMs + TIMING.answerMs;
  if (paused === "held" && next.connected) return disconnectedDeadlineMs(next);
  return next.answeredAtMs + TIMING.firstFrameMs;
}

/** When a connection that does not come up is to get a relay, if the edge has one: by then the edge must be there. */
export function relayDeadlineMs(next: Connection, { ice, socket, sender, offerAtMs }: Model): number | undefined {
  const { lacksRelay, connected, answeredAtMs, mapped } = next;
  if (!lacksRelay || connected || answeredAtMs === undefined) return undefined;
  if (!hasRelay(ice) || ice.refused) return answeredAtMs + TIMING.askForRelayMs;
  if (socket.phase !== "ready" || sender === null) return undefined;
  return Math.max(offerAtMs, answeredAtMs + (mapped ? TIMING.directMs : TIMING.blindMs));
}

export function disconnectedDeadlineMs({ disconnectedAtMs }: Connection): number | undefined {
  return disconnectedAtMs === undefined ? undefined : disconnectedAtMs + TIMING.disconnectedMs;
}

/** Whether a connection is missing, or not to be relied on, and one can be asked for. */
export function wantsOffer(model: Model): boolean {
  const { current, sender } = model;
  return (
    canOffer(model) && (!current || current.fault !== undefined || current.shaken === true || current.sender !== sender)
  );
}

/** Whether the connection on show is well, and yet is to be replaced at its `renewAtMs`. */
export function wantsRenewal(model: Model): boolean {
  return canOffer(model) && model.current?.renewAtMs !== undefined && !wantsOffer(model);
}

function canOffer({ socket, sender, next, askedForIceAtMs }: Model): boolean {
  return socket.phase === "ready" && sender !== null && !next && askedForIceAtMs === undefined;
}
