import { isIP } from "node:net";
import type { IceServer } from "../../protocol/ice.ts";

export type TurnTransport = "udp" | "tcp" | "tls";

export interface StunServer {
  host: string;
  port: number;
}

export interface TurnServer extends StunServer {
  /** How this end reaches it. What it relays is UDP. */
  transport: TurnTransport;
  username: string;
  credential: string;
}

const STUN_PORT = 3_478;
const TLS_PORT = 5_349;

/** `[v6]:port`, `host:port` or `host` (RFC 7064, RFC 7065), some with the slashes that they do not have. */
const URL_FORM =
  /^(stun|stuns|turn|turns):(?:\/\/)?(?:\[([^\]]+)\]|([^:?[\]]+))(?::(\d{1,5}))?(?:\?transport=(udp|tcp))?$/i;

/** Whether a TURN server that can be used is among them. */
export function namesTurn(servers: readonly IceServer[]): boolean {
  return readIceServers(servers).turn.length > 0;
}

/**
 * Reads a list of ICE servers; what cannot be read or used is left out: STUN over TLS, TURN over DTLS, TURN without
 * credentials.
 */
export function readIceServers(servers: readonly IceServer[]): { stun: StunServer[]; turn: TurnServer[] } {
  const stun: StunServer[] = [];
  const turn: TurnServer[] = [];
  for (const { urls, username, credential } of servers) {
    for (const url of urls) {
      const [, rawScheme = "", ip6, name = "", rawPort, query] = URL_FORM.exec(url) ?? [];
      const scheme = rawScheme.toLowerCase();
      if (!scheme || (ip6 !== undefined && isIP(ip6) !== 6)) continue;
      const secure = scheme.endsWith("s");
      const port = rawPort === undefined ? (secure ? TLS_PORT : STUN_PORT) : Number(rawPort);
      if (port < 1 || port > 65_535) continue;
      const server = { host: ip6 ?? name, port };
      if (scheme === "stun") stun.push(server);
      const wanted = query?.toLowerCase();
      const transport = secure ? (wanted === "udp" ? undefined : "tls") : wanted === "tcp" ? "tcp" : "udp";
      if (!scheme.startsWith("turn") || !transport || !username || !credential) continue;
      turn.push({ ...server, transport, username, credential });
    }
  }
  return { stun, turn };
}
