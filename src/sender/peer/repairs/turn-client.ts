import { setTimeout as sleep } from "node:timers/promises";
import {
  classes,
  Message,
  methods,
  StunOverTurnProtocol,
  TcpTransport,
  TlsTransport,
  TurnProtocol,
  UdpTransport,
} from "werift";
import { addressesOf, type HostAddress, localFamilies } from "../host-addresses.ts";
import type { TurnServer } from "../ice-urls.ts";
import { renewChannelsAhead } from "./turn-channel.ts";
import { keepAllocation } from "./turn-lifetime.ts";
import { mendStaleNonce } from "./turn-nonce.ts";
import { hearTurnServerAlone } from "./turn-strangers.ts";
import { onStreamLost, sendUndelayed } from "./turn-stream.ts";

/** RFC 8656's default: a server grants no less, whatever is asked for (7.2), unless its operator allows only less. */
const LIFETIME_S = 600;
const CONNECT_TIMEOUT_MS = 5_000;
/** How long a good-bye to a TURN server may hold up closing. */
const RELEASE_TIMEOUT_MS = 500;

export interface RelayClient {
  protocol: StunOverTurnProtocol;
  /** The relay's address, as peers see it. */
  relayed: readonly [host: string, port: number];
  /** This end's, as the TURN server sees it. */
  mapped: readonly [host: string, port: number];
  /** The stream to the TURN server broke. */
  onLost(listener: () => void): void;
  /** Gives the allocation back. */
  release(): Promise<void>;
}

/**
 * Allocates a relay by one way. What werift 0.25.2 does by itself: only the first TURN server, UDP and then TCP on the
 * same port, no TLS, no end to an allocation but its time-out, and one refresh that is lost ends it.
 * @param signal when aborted before the server is reached, nothing is allocated
 * @throws when there is none to be had, with why
 */
export async function openRelay(server: TurnServer, signal: AbortSignal): Promise<RelayClient> {
  const transport = await reach(server, signal);
  const { address, family } = transport;
  const { username, credential } = server;
  const turn = new TurnProtocol([address, server.port], username, credential, LIFETIME_S, transport.transport);
  try {
    keepAllocation(turn);
    renewChannelsAhead(turn);
    if (server.transport === "udp") hearTurnServerAlone(turn);
    mendStaleNonce({ turn });
    // Not given up half way: what the server has allocated by then would stand until its time-out.
    await turn.connectionMade();
  } catch (error) {
    await turn.close().catch(() => {});
    throw error;
  }
  const protocol = new StunOverTurnProtocol(turn);
  const client: RelayClient = {
    protocol,
    relayed: turn.relayedAddress,
    mapped: turn.mappedAddress ?? [family === 4 ? "0.0.0.0" : "::", 0],
    onLost: (listener) => onStreamLost(transport.transport, listener),
    release: () => release(turn, closeProtocol),
  };
  const closeProtocol = protocol.close.bind(protocol);
  protocol.close = () => client.release();
  return client;
}

async function reach(server: TurnServer, signal: AbortSignal) {
  const { address, family } = await usableAddress(server.host);
  signal.throwIfAborted();
  const target: [string, number] = [address, server.port];
  if (server.transport === "udp") {
    return { transport: await UdpTransport.init(family === 6 ? "udp6" : "udp4"), address, family };
  }
  const options = { connectTimeoutMs: CONNECT_TIMEOUT_MS };
  // Named by address, so that the certificate is checked against the name all the same.
  const stream =
    server.transport === "tcp"
      ? await TcpTransport.init(target, options)
      : await TlsTransport.init(target, { servername: server.host }, options);
  if (signal.aborted) await stream.close();
  signal.throwIfAborted();
  sendUndelayed(stream);
  return { transport: stream, address, family };
}

/** Of a server with addresses of both families IPv4: where both work it is the one that reaches more peers. */
async function usableAddress(host: string): Promise<HostAddress> {
  const families = localFamilies();
  const found = (await addressesOf(host)).find(({ family }) => families.includes(family));
  if (!found) {
    const code = "EADDRNOTAVAIL";
    throw Object.assign(new Error(`${host} has no address that this machine could reach`), { code });
  }
  return found;
}

/** Refresh with lifetime 0 (RFC 8656 7.2): a provider counts, and may limit, what stands. */
async function release(turn: TurnProtocol, close: () => Promise<void>): Promise<void> {
  const refresh = new Message(methods.REFRESH, classes.REQUEST).setAttribute("LIFETIME", 0);
  const said = turn.requestWithRetry(refresh, turn.server).catch(() => {});
  const abort = new AbortController();
  await Promise.race([said, sleep(RELEASE_TIMEOUT_MS, undefined, { signal: abort.signal }).catch(() => {})]);
  abort.abort();
  await close();
}
