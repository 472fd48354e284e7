import type { Socket } from "node:dgram";
import type { CandidatePair, RTCDtlsTransport } from "werift";

export type Connection = RTCDtlsTransport["iceTransport"]["connection"];

/** A nominated pair whose packets leave by a UDP socket of this process, with nothing put around them. */
export interface DirectPath {
  pair: CandidatePair;
  socket: Socket;
  host: string;
  port: number;
}

/** @returns nothing for a relay, or where werift would send nothing, or this werift is made otherwise */
export function directPath(connection: Connection): DirectPath | undefined {
  const { nominated: pair } = connection;
  if (pair?.protocol.type !== "stun" || !maySend(connection)) return undefined;
  const { transport } = pair.protocol as { transport?: { socket?: Socket; closed?: boolean } };
  if (!transport?.socket || transport.closed) return undefined;
  const [host, port] = pair.remoteAddr;
  return { pair, socket: transport.socket, host, port };
}

/** The viewer's consent (RFC 7675), as werift judges it. */
function maySend(connection: Connection): boolean {
  const judge: unknown = Reflect.get(connection, "canSendApplicationData");
  return typeof judge === "function" && judge.call(connection) === true;
}
