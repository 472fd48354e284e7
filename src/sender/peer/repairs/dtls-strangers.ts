import { type CandidatePair, CandidatePairState, type RTCPeerConnection } from "werift";
import { CANDIDATES_MAX } from "../../../protocol/limits.ts";

type Address = readonly [host: string, port: number];

interface Protocol {
  onRequestReceived: { subscribe(listener: (message: unknown, from: Address) => void): unknown };
  /** Of a socket of this machine; a relay takes datagrams from nobody but whom it was told of. */
  datagramReceived?(datagram: Buffer, from: Address): void;
}

interface Connection {
  readonly checkList: readonly CandidatePair[];
  ensureProtocol(protocol: Protocol): void;
}

/** First bytes of DTLS records, apart from STUN and SRTP on the same socket (RFC 7983). */
const DTLS_FIRST = 20;
const DTLS_LAST = 63;
const EPOCH_AT = 3;
/** Those that the viewer names, and as many that a NAT may make of them. */
const ADDRESSES_MAX = 2 * CANDIDATES_MAX;

/**
 * werift 0.25.2 takes DTLS from whoever finds the port. What is not encrypted anybody could have written, and one such
 * datagram ends a handshake: with this it counts only from where the viewer's signed check came, or the sender's own was
 * answered. Call before gathering begins, together with `checkStunIntegrity`.
 */
export function dropDtlsOfStrangers(pc: RTCPeerConnection): void {
  for (const transport of pc.iceTransports) {
    const connection = transport.connection as unknown as Connection;
    const ensure = connection.ensureProtocol?.bind(connection);
    if (!ensure || !connection.checkList) throw new Error("this werift receives elsewhere: see dropDtlsOfStrangers");
    connection.ensureProtocol = (protocol) => {
      guard(protocol, connection);
      ensure(protocol);
    };
  }
}

function guard(protocol: Protocol, connection: Connection): void {
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
  const first = datagram[0] ?? 0;
  if (first < DTLS_FIRST || first > DTLS_LAST) return false;
  return datagram.length < EPOCH_AT + 2 || datagram.readUInt16BE(EPOCH_AT) === 0;
}

function hasAnswered({ state, remoteAddr }: CandidatePair, [host, port]: Address): boolean {
  return state === CandidatePairState.SUCCEEDED && remoteAddr[0] === host && remoteAddr[1] === port;
}
