import type { RTCPeerConnection } from "werift";

/** The longest that anything but a relay is waited for: a STUN server that answers does so within this time. */
const GATHER_STUN_MS = 500;

/**
 * werift 0.25.2 returns from `setLocalDescription` only when all gathering is over: seconds, when a STUN or TURN server
 * does not answer. After this it waits `capMs` at most, and beyond {@link GATHER_STUN_MS} only while relays are still
 * asked for; later candidates come as events (trickle ICE, RFC 8838).
 * @param relays what {@link gatherRelays} returned; without, there are none
 */
export function gatherWithin(pc: RTCPeerConnection, capMs: number, relays = async () => {}): void {
  const inner = pc as unknown as { gatherCandidates?: () => Promise<void> };
  const gather = inner.gatherCandidates?.bind(pc);
  if (!gather) throw new Error("this werift gathers elsewhere: see gatherWithin");
  inner.gatherCandidates = async () => {
    const gathered = gather().catch(() => {});
    let timer: NodeJS.Timeout | undefined;
    // A sleep that a signal ends is two errors with their stacks, which take time while a viewer waits.
    const wait = (ms: number) =>
      new Promise<void>((resolve) => {
        timer = setTimeout(resolve, ms);
      });
    const enough = async () => {
      await wait(Math.min(capMs, GATHER_STUN_MS));
      if (capMs > GATHER_STUN_MS) await Promise.race([relays(), wait(capMs - GATHER_STUN_MS)]);
    };
    await Promise.race([gathered, enough()]);
    clearTimeout(timer);
  };
}
