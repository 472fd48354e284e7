import type { Candidate, RTCPeerConnection } from "werift";
import type { StandbyTransport } from "../../../protocol/standby.ts";
import { type IceConnection, iceConnections } from "./ice-werift.ts";

interface Gatherer extends IceConnection {
  localCandidates: Candidate[];
  localPassword: string;
  localCandidatesStart: boolean;
  localCandidatesEnd: boolean;
  gatherCandidates(): Promise<void>;
}

interface Certifier {
  secureManager?: { ensureCerts?(): Promise<void> };
}

/** What an answer will say of this end's transport. */
export type LocalTransport = Omit<StandbyTransport, "ssrcs">;

/**
 * werift 0.25.2 gathers when it has made its answer. With this a connection with a transport, but without an offer yet, has
 * its certificate and its sockets, and answers checks on them; the gathering for the answer then finds them. Call after
 * `checkStunIntegrity`, with nobody but host addresses to be asked.
 * @throws when there is not exactly one transport, or this werift is made otherwise
 */
export async function gatherAhead(pc: RTCPeerConnection): Promise<LocalTransport> {
  const [connection, ...others] = iceConnections(pc) as Gatherer[];
  const manager = (pc as unknown as Certifier).secureManager;
  if (!connection || others.length > 0) throw new Error("what is gathered ahead has one transport");
  if (!connection.gatherCandidates || connection.localCandidatesStart !== false || !manager?.ensureCerts) {
    throw new Error("this werift gathers elsewhere: see gatherAhead");
  }
  await manager.ensureCerts();
  await connection.gatherCandidates();
  const candidates = connection.localCandidates.map((candidate) => candidate.toSdp());
  connection.localCandidates = [];
  connection.localCandidatesStart = connection.localCandidatesEnd = false;
  const [print] = pc.dtlsTransports[0]?.localParameters.fingerprints ?? [];
  if (!print) throw new Error("this werift keeps its certificate elsewhere: see gatherAhead");
  const { localUsername: usernameFragment, localPassword: password } = connection;
  return { usernameFragment, password, fingerprint: `${print.algorithm} ${print.value}`, candidates };
}
