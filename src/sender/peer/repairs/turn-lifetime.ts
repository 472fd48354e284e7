import { setTimeout as sleep } from "node:timers/promises";
import { classes, Message, methods, type TurnProtocol } from "werift";

/** An allocation is renewed after this share of its life, so that much can go wrong before it ends. */
const RENEW_AFTER = 0.5;
/** RFC 8656 section 7.2: a server should grant no more. A timer for much more than that would end at once. */
const LIFETIME_MAX_S = 3_600;
/** After a renewal that failed; the network may be away for a while. */
const RETRY_MS = 5_000;

interface Internals {
  /** Asked for at first, in seconds. */
  lifetime?: unknown;
  refresh?: unknown;
  refreshHandle?: { resolve(): void };
}

/**
 * werift 0.25.2 renews an allocation at five sixths of its life, once: an answer that is lost for three seconds then ends
 * the relay. With this it begins in the middle and goes on until the allocation's end. It asks for what it asked for at
 * first, not for what was granted: coturn raises less than 600 s to that, whatever its operator's `max-allocate-lifetime`,
 * and then keeps for ten minutes what a sender that was killed leaves behind. Call before the client connects.
 */
export function keepAllocation(turn: TurnProtocol): void {
  const inner = turn as unknown as Internals;
  const { lifetime: askedS } = inner;
  if (typeof inner.refresh !== "function" || typeof askedS !== "number")
    throw new Error("this werift renews elsewhere: see keepAllocation");
  inner.refresh = (lifetimeS: number) => {
    const stop = new AbortController();
    inner.refreshHandle = { resolve: () => stop.abort() };
    void renew(turn, askedS, lifetimeS, stop.signal).catch(() => {});
  };
}

async function renew(turn: TurnProtocol, askedS: number, grantedS: number, signal: AbortSignal): Promise<void> {
  let lifetimeS = Math.min(grantedS, LIFETIME_MAX_S);
  let endsAtMs = performance.now() + lifetimeS * 1_000;
  let waitMs = lifetimeS * 1_000 * RENEW_AFTER;
  while (performance.now() + waitMs < endsAtMs) {
    await sleep(waitMs, undefined, { signal });
    const request = new Message(methods.REFRESH, classes.REQUEST).setAttribute("LIFETIME", askedS);
    try {
      const [answer] = await turn.requestWithRetry(request, turn.server, signal);
      lifetimeS = Math.min(answer.getAttributeValue("LIFETIME"), LIFETIME_MAX_S);
      endsAtMs = performance.now() + lifetimeS * 1_000;
      waitMs = lifetimeS * 1_000 * RENEW_AFTER;
    } catch {
      waitMs = RETRY_MS;
    }
  }
}
