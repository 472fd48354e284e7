import { CandidatePairState, type RTCPeerConnection } from "werift";
import { type IceConnection, iceConnections } from "./ice-werift.ts";

/** A role conflict takes one more check, an answer that was lost a few. */
const CHECKS_MAX = 8;
const WINDOW_MS = 1_000;

/**
 * werift 0.25.2 checks again at once when the answer is 401 or 487, for as long as it is, and keeps each check until the
 * last has ended: a viewer that always answers so has this machine send without end, and keep what it sent. With this a
 * pair that is checked so often in a second has failed. Call before checks begin.
 */
export function checkNoPairWithoutEnd(pc: RTCPeerConnection): void {
  for (const connection of iceConnections(pc)) limit(connection);
}

function limit(connection: IceConnection): void {
  const checks = new WeakMap<object, { count: number; sinceMs: number }>();
  const start = connection.checkStart.bind(connection);
  connection.checkStart = (pair) => {
    const nowMs = performance.now();
    const known = checks.get(pair);
    const seen = known && nowMs - known.sinceMs < WINDOW_MS ? known : { count: 0, sinceMs: nowMs };
    checks.set(pair, seen);
    if (++seen.count <= CHECKS_MAX) return start(pair);
    pair.updateState(CandidatePairState.FAILED);
    connection.checkComplete(pair);
    return { awaitable: Promise.resolve(), resolve: () => {}, reject: () => {} } as ReturnType<typeof start>;
  };
}
