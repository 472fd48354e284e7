import { setTimeout as sleep } from "node:timers/promises";
import type { RTCPeerConnection } from "werift";

/**
 * werift 0.25.2 returns from `setLocalDescription` only when all gathering is over: seconds, when a STUN or TURN server
 * does not answer. After this it waits `capMs` at most; later candidates come as events (trickle ICE, RFC 8838).
 */
export function gatherWithin(pc: RTCPeerConnection, capMs: number): void {
  const inner = pc as unknown as { gatherCandidates?: () => Promise<void> };
  const gather = inner.gatherCandidates?.bind(pc);
  if (!gather) throw new Error("this werift gathers elsewhere: see gatherWithin");
  inner.gatherCandidates = async () => {
    const gathered = gather().catch(() => {});
    const abort = new AbortController();
    await Promise.race([gathered, sleep(capMs, undefined, { signal: abort.signal }).catch(() => {})]);
    abort.abort();
  };
}
