import type { TurnServer, TurnTransport } from "./ice-urls.ts";

/** Ways to relays that are tried; each is an allocation that somebody pays for. */
const TRIES_MAX = 6;
/** When the first try by each transport begins: UDP is the best, and blocked in few networks. */
const STAGE_MS: Record<TurnTransport, number> = { udp: 0, tcp: 250, tls: 450 };
/** Between two servers by the same transport. */
const STEP_MS = 100;

/**
 * In which order, and when, a sender tries to reach its TURN servers.
 * @param worked by what transport it reached one before in this network: tried at once, beside UDP
 */
export function planRelays(
  servers: readonly TurnServer[],
  worked?: TurnTransport,
): { server: TurnServer; afterMs: number }[] {
  const counts: Record<TurnTransport, number> = { udp: 0, tcp: 0, tls: 0 };
  return servers
    .map((server) => {
      const stageMs = server.transport === worked ? 0 : STAGE_MS[server.transport];
      return { server, afterMs: stageMs + STEP_MS * counts[server.transport]++ };
    })
    .sort((a, b) => a.afterMs - b.afterMs)
    .slice(0, TRIES_MAX);
}
