import { type CandidatePair, CandidatePairState, type RTCPeerConnection } from "werift";
import { type IceConnection, iceConnections } from "./ice-werift.ts";

const DTLS_HANDSHAKE = 22;

type Protocol = CandidatePair["protocol"];
type Receive = (datagram: Buffer, from: readonly [host: string, port: number]) => void;

/**
 * A browser begins DTLS once its own check was answered: a ClientHello from where a genuine check came that nominates
 * the pair says that the pair works both ways. werift 0.25.2 waits with DTLS for the answer to its own check all the same,
 * which a busy browser gives later. With this the ClientHello stands for it. Media still waits for all of the handshake,
 * and consent is asked for as ever (RFC 7675). Call before gathering begins, after `checkStunIntegrity`.
 */
export function takeHelloAsProof(pc: RTCPeerConnection): void {
  for (const connection of iceConnections(pc)) {
    const ensure = connection.ensureProtocol.bind(connection);
    connection.ensureProtocol = (protocol) => {
      ensure(protocol);
      const receive: unknown = Reflect.get(protocol, "datagramReceived");
      // A relay's client has none, and loses a moment.
      if (typeof receive !== "function") return;
      Reflect.set(protocol, "datagramReceived", ((datagram, from) => {
        if (datagram[0] === DTLS_HANDSHAKE) completeCheck(connection, protocol, from);
        receive.call(protocol, datagram, from);
      }) satisfies Receive);
    };
  }
}

function completeCheck(connection: IceConnection, protocol: Protocol, [host, port]: Parameters<Receive>[1]): void {
  if (connection.nominated || connection.state !== "new") return;
  const pair = connection.checkList.find(
    ({ protocol: own, remoteAddr }) => own === protocol && remoteAddr[0] === host && remoteAddr[1] === port,
  );
  // Only the viewer itself can nominate: its checks are signed.
  if (pair?.state !== CandidatePairState.IN_PROGRESS || !pair.remoteNominated) return;
  pair.nominated = true;
  pair.updateState(CandidatePairState.SUCCEEDED);
  connection.checkComplete(pair);
}
