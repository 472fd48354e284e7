export type Address = readonly [host: string, port: number];

type Receive = (datagram: Buffer, from: Address) => void;

/** What werift 0.25.2 hands each datagram to: of a socket of this machine, or of a relay, which brings what a peer sent. */
export interface DatagramProtocol {
  datagramReceived?: Receive;
  handleStunMessage?: Receive;
}

/** Has werift read, of what comes by this protocol, what `isHeard` says and nothing else. */
export function hearOnly(protocol: DatagramProtocol, isHeard: (datagram: Buffer, from: Address) => boolean): void {
  const hook = hookOf(protocol);
  const receive = protocol[hook]?.bind(protocol) as Receive;
  protocol[hook] = (datagram, from) => {
    if (isHeard(datagram, from)) receive(datagram, from);
  };
}

/** @throws when this werift is made otherwise: a guard that is never asked would let everything in */
export function hookOf(protocol: DatagramProtocol): keyof DatagramProtocol {
  if (typeof protocol.datagramReceived === "function") return "datagramReceived";
  if (typeof protocol.handleStunMessage === "function") return "handleStunMessage";
  throw new Error("this werift receives elsewhere: see datagram-hook");
}
