import type { Candidate, RTCPeerConnection } from "werift";
import type { StandbyTransport } from "../../../protocol/standby.ts";
import { type IceConnection, iceConnections } from "./ice-werift.ts";

interface Gatherer extends IceConnection {
  localCandidates: Candidate[];
  localPassword: string;
  localCandidatesStart: boolean;
  localCandidatesEnd: boolean;
  options: { useIpv4: boolean; useIpv6: boolean };
  gatherCandidates(): Promise<void>;
}

interface Certifier {
  secureManager?: { ensureCerts?(): Promise<void> };
}

/** What an answer will say of this end's transport. */
export type LocalTransport = Omit<StandbyTransport, "ssrcs">;

/**
 * werift 0.25.2 gathers when it has made its answer. With this a connection with a transport, but without an offer yet, has
 * its certificate and its sockets, and answers checks on them; the gathering for the answer then finds them, and lists this
 * machine's addresses no more, which takes a millisecond while the viewer waits. Call after
 * `checkStunIntegrity`, with nobody but host addresses to be asked.
 * @throws when there is not exactly one transport, or this werift is made otherwise
 */
export async function gatherAhead(pc: RTCPeerConnection): Promise<LocalTransport> {
  const [connection, ...others] = iceConnections(pc) as Gatherer[];
  const manager = (pc as unknown as Certifier).secureManager;
  if (!connection || others.length > 0) throw new Error("what is gathered ahead has one transport");
  const fits = connection.localCandidatesStart === false && typeof connection.options?.useIpv4 === "boolean";
  if (!connection.gatherCandidates || !fits || !manager?.ensureCerts) {
    throw new Error("this werift gathers elsewhere: see gatherAhead");
  }
  await manager.ensureCerts();
  await connection.gatherCandidates();
  const candidates = connection.localCandidates.map((candidate) => candidate.toSdp());
  connection.localCandidates = [];
  connection.localCandidatesStart = connection.localCandidatesEnd = false;
  gatherOnWhatIsOpen(connection);
  const [print] = pc.dtlsTransports[0]?.localParameters.fingerprints ?? [];
  if (!print) throw new Error("this werift keeps its certificate elsewhere: see gatherAhead");
  const { localUsername: usernameFragment, localPassword: password } = connection;
  return { usernameFragment, password, fingerprint: `${print.algorithm} ${print.value}`, candidates };
}

/**
 * The next gathering asks for no address of this machine: there is a socket on each, and another connection stands by when
 * they change.
 */
function gatherOnWhatIsOpen(connection: Gatherer): void {
  const gather = connection.gatherCandidates.bind(connection);
  connection.gatherCandidates = () => {
    connection.gatherCandidates = gather;
    const { options } = connection;
    const { useIpv4, useIpv6 } = options;
    Object.assign(options, { useIpv4: false, useIpv6: false });
    const gathered = gather();
    // It has read them by now.
    Object.assign(options, { useIpv4, useIpv6 });
    return gathered;
  };
}
