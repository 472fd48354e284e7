import { type CandidatePair, CandidatePairState, type RTCPeerConnection } from "werift";
import { CANDIDATES_MAX } from "../../../protocol/limits.ts";
import { isDtls } from "./dtls-record.ts";
import { type IceConnection, iceConnections } from "./ice-werift.ts";

type Address = readonly [host: string, port: number];

interface Protocol {
  onRequestReceived: { subscribe(listener: (message: unknown, from: Address) => void): unknown };
  /** Of a socket of this machine; a relay takes datagrams from nobody but whom it was told of. */
  datagramReceived?(datagram: Buffer, from: Address): void;
}

/** Of a DTLS record, after its type and version. */
const EPOCH_AT = 3;
/** Those that the viewer names, and as many that a NAT may make of them. */
const ADDRESSES_MAX = 2 * CANDIDATES_MAX;

/**
 * werift 0.25.2 takes DTLS from whoever finds the port. What is not encrypted anybody could have written, and one such
 * datagram ends a handshake: with this it counts only from where the viewer's signed check came, or the sender's own was
 * answered. Call before gathering begins, together with `checkStunIntegrity`.
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
  const receive = protocol.datagramReceived?.bind(protocol);
  if (!receive) return;
  const heard = new Set<string>();
  protocol.onRequestReceived.subscribe((_, [host, port]) => {
    if (heard.size < ADDRESSES_MAX) heard.add(`${host} ${port}`);
  });
  protocol.datagramReceived = (datagram, from) => {
    const known = () =>
      heard.has(`${from[0]} ${from[1]}`) || connection.checkList.some((pair) => hasAnswered(pair, from));
    if (!isPlainDtls(datagram) || known()) receive(datagram, from);
  };
}

function isPlainDtls(datagram: Buffer): boolean {
  if (!isDtls(datagram)) return false;
  return datagram.length < EPOCH_AT + 2 || datagram.readUInt16BE(EPOCH_AT) === 0;
}

function hasAnswered({ state, remoteAddr }: CandidatePair, [host, port]: Address): boolean {
  return state === CandidatePairState.SUCCEEDED && remoteAddr[0] === host && remoteAddr[1] === port;
}
