import { type Candidate, type RTCPeerConnection, type StunProtocol, serverReflexiveCandidate } from "werift";
import { addressesOf } from "../host-addresses.ts";
import type { StunServer } from "../ice-urls.ts";
import { firstToSucceed } from "../staggered.ts";
import { type IceConnection, iceConnections } from "./ice-werift.ts";

/** Each costs a datagram or two; more would not find more. */
const SERVERS_MAX = 4;
/** Between two servers: a dead one costs no more than this. */
const STEP_MS = 100;

/**
 * werift 0.25.2 asks only the first STUN server, waits for it when it is dead, and asks a public one of its own choice
 * when there is none: a LAN without internet would wait for it, and a private deployment tell a stranger. With this every
 * server of the list is asked in turn until one answers. Call before gathering begins.
 * @param answerWaitsMs how long the answer waits for candidates. It waits for these only where there is time for more than one
 *   server, as there is for a viewer that takes none later: any other is told in time, and has its answer at once
 * @returns what resolves when all that were asked so far have answered, or will not: there may be candidates until then
 */
export function askEveryStun(
  pc: RTCPeerConnection,
  servers: readonly StunServer[],
  answerWaitsMs: number,
): () => Promise<void> {
  const asked: Promise<void>[] = [];
  for (const connection of iceConnections(pc)) {
    connection.stunServer = undefined;
    const append = connection.appendLocalCandidate.bind(connection);
    connection.appendLocalCandidate = (candidate) => {
      append(candidate);
      if (candidate.type !== "host" || candidate.transport !== "udp" || candidate.host.includes(":")) return;
      const protocol = connection.protocols.find(({ localCandidate }) => localCandidate === candidate);
      if (protocol?.type !== "stun") return;
      const told = ask(connection, protocol as StunProtocol, servers).then((mapped) => {
        if (mapped && connection.state !== "closed") append(mapped);
      });
      asked.push(told);
    };
    if (answerWaitsMs > STEP_MS) gatherWith(connection, asked);
  }
  return () => Promise.allSettled(asked).then(() => {});
}

/** Gathering then ends with the last of `asked`, to which every host candidate adds. */
function gatherWith(connection: IceConnection, asked: readonly Promise<void>[]): void {
  const gather = connection.getCandidatePromises.bind(connection);
  connection.getCandidatePromises = (addresses, timeoutS) => {
    const found = gather(addresses, timeoutS);
    return [...found, Promise.allSettled(found).then(() => Promise.all(asked))];
  };
}

function ask(
  connection: IceConnection,
  protocol: StunProtocol,
  servers: readonly StunServer[],
): Promise<Candidate | undefined> {
  const over = new AbortController();
  connection.stateChanged.subscribe((state) => {
    if (state === "closed") over.abort();
  });
  const attempts = servers.slice(0, SERVERS_MAX).map(({ host, port }, i) => ({
    afterMs: i * STEP_MS,
    run: async () => {
      const address = (await addressesOf(host)).find(({ family }) => family === 4)?.address;
      const mapped = address && (await serverReflexiveCandidate(protocol, [address, port]));
      if (!mapped) throw new Error(`${host} did not answer`);
      return mapped;
    },
  }));
  return firstToSucceed(attempts, () => {}, over.signal);
}
