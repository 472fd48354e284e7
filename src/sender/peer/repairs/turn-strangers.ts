import { isIPv6, SocketAddress } from "node:net";
import type { TurnProtocol } from "werift";
import { isBoundedStun } from "./bounded-stun.ts";

type Address = readonly [host: string, port: number];

/**
 * Anybody may send to the socket of a TURN client. werift 0.25.2 takes what a stranger sends for a relayed packet, of
 * whichever peer the stranger names. With this only the server is heard, and of its STUN what is read in no time. For UDP,
 * and a server that is known by its address. Call before the client connects.
 */
export function hearTurnServerAlone(turn: TurnProtocol): void {
  const inner = turn as unknown as { dataReceived(data: Buffer, from: Address): void };
  if (typeof inner.dataReceived !== "function") throw new Error("this werift reads elsewhere: see hearTurnServerAlone");
  const receive = inner.dataReceived.bind(turn);
  const [host, port] = turn.server;
  const address = canonical(host);
  inner.dataReceived = (data, from) => {
    if (from[1] === port && canonical(from[0]) === address && isBoundedStun(data)) receive(data, from);
  };
}

/** An IPv6 address has many spellings, and here no zone: a socket tells of none. */
function canonical(host: string): string {
  return isIPv6(host) ? new SocketAddress({ address: host, family: "ipv6" }).address : host;
}
