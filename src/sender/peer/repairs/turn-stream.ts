import type { Socket } from "node:net";
import type { TcpTransport, TlsTransport, UdpTransport } from "werift";

type Stream = TcpTransport | TlsTransport;

/**
 * werift 0.25.2 leaves Nagle's algorithm on for TURN over TCP, which holds small packets back until the ones before them
 * are acknowledged. Call once the stream is connected.
 */
export function sendUndelayed(stream: Stream): void {
  socketOf(stream).setNoDelay(true);
}

/** werift 0.25.2 does not notice when a stream to a TURN server ends. Never called for UDP. */
export function onStreamLost(transport: Stream | UdpTransport, listener: () => void): void {
  if (transport.type !== "udp") socketOf(transport as Stream).once("close", listener);
}

function socketOf(stream: Stream): Socket {
  const { client } = (stream as unknown as { stream?: { client?: Socket } }).stream ?? {};
  if (typeof client?.setNoDelay !== "function")
    throw new Error("this werift keeps its sockets elsewhere: see turn-stream");
  return client;
}
