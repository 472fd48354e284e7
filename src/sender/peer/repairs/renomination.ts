import { type CandidatePair, CandidatePairState, type RTCPeerConnection } from "werift";
import { iceConnections } from "./ice-werift.ts";

/** Checks may overtake one another; a pair that was not named for so long is left for one of lower priority. */
const LEFT_AFTER_MS = 1_000;

/**
 * werift 0.25.2 stays with the first pair that the viewer nominated. Browsers nominate a better one when they find it, and
 * another when the first breaks: a relay that came first would then be paid for, and waited for, to the end. With this
 * the pair in use follows the viewer's choice. Call before checks begin.
 * @param onChange told when another pair is in use from now on
 */
export function followNomination(pc: RTCPeerConnection, onChange: () => void = () => {}): void {
  for (const connection of iceConnections(pc)) {
    const complete = connection.checkComplete.bind(connection);
    const namedAtMs = new WeakMap<CandidatePair, number>();
    connection.checkComplete = (pair) => {
      complete(pair);
      const { nominated } = connection;
      if (!pair.nominated || pair.state !== CandidatePairState.SUCCEEDED) return;
      if (connection.state === "closed" || connection.state === "failed") return;
      const nowMs = performance.now();
      namedAtMs.set(pair, nowMs);
      if (!nominated || nominated === pair) return;
      const left = nowMs - (namedAtMs.get(nominated) ?? 0) > LEFT_AFTER_MS;
      if (pair.priority <= nominated.priority && !left) return;
      connection.nominated = pair;
      onChange();
      connection.queryConsent();
    };
  }
}
