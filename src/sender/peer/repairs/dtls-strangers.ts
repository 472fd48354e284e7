import { type CandidatePair, CandidatePairState, type RTCPeerConnection } from "werift";
import { CANDIDATES_MAX } from "../../../protocol/limits.ts";
import { type Address, type DatagramProtocol, hearOnly } from "./datagram-hook.ts";
import { isDtls } from "./dtls-record.ts";
import { type IceConnection, iceConnections } from "./ice-werift.ts";

interface Protocol extends DatagramProtocol {
  onRequestReceived: { subscribe(listener: (message: unknown, from: Address) => void): unknown };
}

/** Those that the viewer names, and as many that a NAT may make of them. */
const ADDRESSES_MAX = 2 * CANDIDATES_MAX;

/**
 * werift 0.25.2 takes DTLS from whoever finds the port. What is not encrypted anybody could have written, and one such
 * datagram ends a handshake; what looks encrypted costs a deciphering. With this it counts only from where the viewer's
 * signed check came, or the sender's own was answered; by a relay too, which brings what comes from any port of an address
 * that it was told of. Call before gathering begins, together with `checkStunIntegrity`.
 */
export function dropDtlsOfStrangers(pc: RTCPeerConnection): void {
  for (const connection of iceConnections(pc)) {
    const ensure = connection.ensureProtocol.bind(connection);
    connection.ensureProtocol = (protocol) => {
      guard(protocol as unknown as Protocol, connection);
      ensure(protocol);
    };
  }
}

function guard(protocol: Protocol, connection: IceConnection): void {
  const heard = new Set<string>();
  protocol.onRequestReceived.subscribe((_, [host, port]) => {
    if (heard.size < ADDRESSES_MAX) heard.add(`${host} ${port}`);
  });
  const isKnown = (from: Address) =>
    heard.has(`${from[0]} ${from[1]}`) || connection.checkList.some((pair) => hasAnswered(pair, from));
  hearOnly(protocol, (datagram, from) => !isDtls(datagram) || isKnown(from));
}

function hasAnswered({ state, remoteAddr }: CandidatePair, [host, port]: Address): boolean {
  return state === CandidatePairState.SUCCEEDED && remoteAddr[0] === host && remoteAddr[1] === port;
}
