import { isIPv6 } from "node:net";
import {
  Candidate,
  candidateFoundation,
  candidatePriority,
  type RTCPeerConnection,
  type StunOverTurnProtocol,
} from "werift";
import type { TurnServer, TurnTransport } from "../ice-urls.ts";
import { planRelays } from "../relay-plan.ts";
import { firstToSucceed } from "../staggered.ts";
import { type IceConnection, iceConnections } from "./ice-werift.ts";
import { relayFailure } from "./relay-failure.ts";
import { openRelay, type RelayClient } from "./turn-client.ts";

/**
 * How long a relay is kept to itself, so that it does not win by chance where a direct path works: a few round trips
 * around the world. Whoever needs the relay waits so long for it.
 */
const HELD_BACK_MS = 400;

/** By what a TURN server was reached the last time, by its host: a network that blocks UDP goes on doing so. */
const worked = new Map<string, TurnTransport>();

/**
 * Replaces werift's own gathering of relay candidates: every TURN server is used, by UDP, TCP or TLS, whichever works
 * first; the relay is told to the viewer only when no direct path was found by then, and given back when one was. Call
 * before gathering begins.
 * @param only tell of nothing but relays, and so of no address of this machine
 * @param answerWaitsMs how long the answer waits for candidates: a viewer that takes none later is told in time
 * @param onRelay told what came of it: why each server gave none, or nothing when one gave a relay
 * @returns what resolves when none is asked for any more, of those that were so far
 */
export function gatherRelays(
  pc: RTCPeerConnection,
  servers: readonly TurnServer[],
  only: boolean,
  answerWaitsMs: number,
  onRelay: (failures: readonly string[]) => void = () => {},
): () => Promise<void> {
  const asked: Promise<void>[] = [];
  for (const connection of iceConnections(pc)) {
    const gather = connection.getCandidatePromises.bind(connection);
    connection.turnServer = undefined;
    connection.getCandidatePromises = (addresses, timeoutS) => {
      const others = only ? [] : gather(addresses, timeoutS);
      const holdMs = only ? 0 : Math.max(0, HELD_BACK_MS - answerWaitsMs);
      const relay = gatherRelay(connection, servers, only, holdMs, onRelay);
      asked.push(relay);
      return [...others, relay];
    };
  }
  return () => Promise.allSettled(asked).then(() => {});
}

async function gatherRelay(
  connection: IceConnection,
  servers: readonly TurnServer[],
  only: boolean,
  holdMs: number,
  onRelay: (failures: readonly string[]) => void,
): Promise<void> {
  if (servers.length === 0) return;
  const heldUntilMs = performance.now() + holdMs;
  const closed = new AbortController();
  const watch = connection.stateChanged.subscribe((state) => {
    if (state === "closed") closed.abort();
  });
  if (connection.state === "closed") closed.abort();
  try {
    const failures: string[] = [];
    const plan = planRelays(servers, worked.get(servers[0]?.host ?? ""));
    const attempts = plan.map(({ server, afterMs }) => ({
      afterMs,
      run: async (signal: AbortSignal) => {
        try {
          return { server, client: await openRelay(server, signal) };
        } catch (error) {
          failures.push(relayFailure(server, error));
          throw error;
        }
      },
    }));
    const won = await firstToSucceed(attempts, ({ client }) => void client.release(), closed.signal);
    if (won) onRelay([]);
    else if (!closed.signal.aborted) onRelay(failures);
    if (!won) return;
    worked.set(servers[0]?.host ?? "", won.server.transport);
    await directPath(connection, heldUntilMs - performance.now());
    if (connection.nominated || closed.signal.aborted) await won.client.release();
    else announce(connection, won.client, only);
  } finally {
    watch.unSubscribe();
  }
}

/** Resolves when a path was found, or the connection closed, and after `waitMs` at the latest. */
function directPath(connection: IceConnection, waitMs: number): Promise<void> {
  if (waitMs <= 0 || connection.nominated) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, waitMs);
  const watch = connection.stateChanged.subscribe((state) => {
    if (state === "connected" || state === "closed") resolve();
  });
  return promise.finally(() => {
    clearTimeout(timer);
    watch.unSubscribe();
  });
}

/**
 * As werift does it, and then checks that begin at once: it would try no pair that comes late. The related address is this
 * machine's as the TURN server sees it: where nothing but relays is told of, browsers write none there, and so does this.
 */
function announce(connection: IceConnection, client: RelayClient, only: boolean): void {
  const { protocol, relayed, mapped } = client;
  const [relatedHost, relatedPort] = only ? ([isIPv6(relayed[0]) ? "::" : "0.0.0.0", 0] as const) : mapped;
  connection.ensureProtocol(protocol);
  connection.protocols.push(protocol);
  protocol.localCandidate = new Candidate(
    candidateFoundation("relay", "udp", relayed[0]),
    1,
    "udp",
    candidatePriority("relay"),
    relayed[0],
    relayed[1],
    "relay",
    relatedHost,
    relatedPort,
    undefined,
    connection.generation,
    connection.localUsername,
  );
  client.onLost(() => failOver(connection, protocol));
  connection.appendLocalCandidate(protocol.localCandidate);
  connection.pairLocalProtocol(protocol);
  connection.sortCheckList();
  if (!connection.earlyChecksDone) return;
  for (const pair of connection.checkList) {
    if (pair.protocol === protocol) pair.handle = connection.checkStart(pair);
  }
}

/** Without its stream the relay is gone, and with it the connection: the viewer makes another. */
function failOver(connection: IceConnection, protocol: StunOverTurnProtocol): void {
  if (connection.nominated?.protocol !== protocol || connection.state === "closed") return;
  connection.stopConsentLifecycle();
  connection.setState("failed");
}
