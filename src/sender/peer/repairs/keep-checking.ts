import { setTimeout as sleep } from "node:timers/promises";
import { type CandidatePair, CandidatePairState, type RTCPeerConnection } from "werift";
import { CANDIDATES_MAX } from "../../../protocol/limits.ts";
import { type IceConnection, iceConnections } from "./ice-werift.ts";

/** Between two rounds of checks. */
const ROUND_MS = 500;
/** A path that has not opened by then will not. */
const GIVE_UP_MS = 10_000;
/** All rounds together: the addresses are whatever the viewer says. */
const CHECKS_MAX = CANDIDATES_MAX;

/**
 * werift 0.25.2 checks nothing more once a pair is nominated, and no candidate that comes after that. Where a relay was
 * quicker, the NAT before this machine then never opens for the viewer, and the direct path is never found. With this it
 * is looked for a while longer. Call before checks begin, together with `followNomination`.
 */
export function keepLookingForDirectPath(pc: RTCPeerConnection): void {
  for (const connection of iceConnections(pc)) {
    let looked = false;
    connection.stateChanged.subscribe((state) => {
      if (state !== "connected" || looked) return;
      // It is told twice: with the nomination, and when werift has noticed (see `connectOnNomination`).
      looked = true;
      void look(connection);
    });
  }
}

async function look(connection: IceConnection): Promise<void> {
  const first = connection.nominated;
  let left = CHECKS_MAX;
  for (const endMs = performance.now() + GIVE_UP_MS; performance.now() < endMs; await sleep(ROUND_MS)) {
    const { nominated, state } = connection;
    if (!nominated || nominated !== first || state === "closed" || state === "failed" || !mayBeRelayed(nominated))
      return;
    for (const pair of connection.checkList) {
      if (pair === nominated || !isIdle(pair) || !isDirect(pair) || left-- <= 0) continue;
      pair.handle = connection.checkStart(pair);
    }
  }
}

/** A viewer's relay is known as such only when its candidate came before its first packet. */
function mayBeRelayed({ localCandidate, remoteCandidate }: CandidatePair): boolean {
  return localCandidate.type === "relay" || ["relay", "prflx"].includes(remoteCandidate.type);
}

function isDirect({ localCandidate, remoteCandidate }: CandidatePair): boolean {
  return localCandidate.type !== "relay" && remoteCandidate.type !== "relay";
}

function isIdle({ state }: CandidatePair): boolean {
  return state !== CandidatePairState.SUCCEEDED && state !== CandidatePairState.IN_PROGRESS;
}
