import type { DtlsSocket, RTCDtlsTransport, RTCPeerConnection } from "werift";
import { DTLS_ALERT, DtlsRefusal } from "./dtls-alert.ts";
import { sendTogether } from "./dtls-datagrams.ts";
import { interruptFlights } from "./dtls-flight.ts";
import { DtlsGate } from "./dtls-gate.ts";
import { keepRecordNumbersRising } from "./dtls-record-numbers.ts";
import { dtlsSpecimen } from "./dtls-specimen.ts";
import { requireFit } from "./dtls-werift.ts";
import { multiplyNatively } from "./native-x25519.ts";

multiplyNatively();
let fits = false;

/**
 * werift 0.25.2 checks neither the signature nor the Finished of its DTLS peer, and begins anew at any ClientHello, so
 * that a copied certificate passes for its owner. With this a connection is "connected" only after the peer proved
 * that it holds its certificate's key and saw the same handshake. Call before the transports start.
 * @throws when this werift is not the one that the repairs fit
 */
export function trustDtlsOnlyWithProof(pc: RTCPeerConnection): void {
  for (const transport of pc.dtlsTransports) guardTransport(transport);
}

function guardTransport(transport: RTCDtlsTransport): void {
  if (!("dtls" in transport) || transport.state !== "new")
    throw new Error("This version of werift keeps its DTLS socket elsewhere, or the DTLS repairs came too late.");
  requireThisWerift();
  comparison(transport);
  let socket: DtlsSocket | undefined;
  let gate: DtlsGate | undefined;
  // werift makes the socket when ICE is through, and a datagram may be there at once: guard it as it is assigned.
  Object.defineProperty(transport, "dtls", {
    configurable: true,
    enumerable: true,
    get: () => socket,
    set(next: DtlsSocket | undefined) {
      socket = next;
      if (next) Reflect.set(next.transport, "send", sendTogether(next.transport.send));
      gate = next && guardSocket(next, (certificate) => requireNamed(transport, certificate));
    },
  });
  transport.onStateChange.subscribe((state) => {
    if (state === "closed" || state === "failed") gate?.close();
  });
}

/** Once: a viewer waits meanwhile. Each socket is looked at again when it is there. */
function requireThisWerift(): void {
  if (!fits) requireFit(dtlsSpecimen());
  fits = true;
}

/**
 * Puts a gate before one DTLS socket, in either role.
 * @param requireNamed throws for a certificate, in DER, that the peer's SDP does not name
 */
export function guardSocket(dtlsSocket: DtlsSocket, requireNamed: (certificate: Buffer) => void = () => {}): DtlsGate {
  const socket = requireFit(dtlsSocket);
  interruptFlights();
  const gate = new DtlsGate(socket, requireNamed);
  const send = socket.transport.send;
  // werift awaits only some of its sends: a rejection of the others would end the process.
  socket.transport.send = (bytes) => send(bytes).catch(() => {});
  socket.udpOnMessage = (datagram) => gate.receive(datagram);
  socket.transport.socket.onData = socket.udpOnMessage;
  keepRecordNumbersRising(socket);
  return gate;
}

/** werift 0.25.2 compares with the SDP only when the handshake is over: too late for a client that sends before that. */
function requireNamed(transport: RTCDtlsTransport, certificate: Buffer): void {
  const remoteParameters: unknown = Reflect.get(transport, "remoteParameters");
  try {
    Reflect.apply(comparison(transport), { remoteParameters, dtls: { remoteCertificate: certificate } }, []);
  } catch (cause) {
    throw new DtlsRefusal(
      DTLS_ALERT.badCertificate,
      "The peer's DTLS certificate is not the one that its SDP names: somebody may be in the middle.",
      { cause },
    );
  }
}

function comparison(transport: RTCDtlsTransport): () => void {
  const compare: unknown = Reflect.get(transport, "verifyRemoteCertificateFingerprint");
  if (typeof compare !== "function")
    throw new Error("This version of werift compares certificates with the SDP elsewhere: see trustDtlsOnlyWithProof.");
  return compare as () => void;
}
