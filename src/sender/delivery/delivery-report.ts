import type { Decision } from "../congestion/decision.ts";
import { Estimator, type EstimatorOptions } from "../congestion/estimator.ts";
import type { DeliveryReport } from "./connection.ts";
import type { Freshness } from "./freshness.ts";

/** What a network that nobody has measured yet is trusted with: a first picture in a fraction of a second. */
export const START_BPS = 1_000_000;
const MIN_BPS = 100_000;
/** Packet headers, until a viewer's own packets have shown what they take. */
export const PAYLOAD_SHARE = 0.95;

export function boundsOf(maxBps: number): Pick<EstimatorOptions, "startBps" | "minBps" | "maxBps"> {
  return { startBps: Math.min(START_BPS, maxBps), minBps: Math.min(MIN_BPS, maxBps), maxBps };
}

/**
 * How long it takes to hear of what is sent again now: the way, and the queue on it. Feedback tells of a new path within a
 * round trip, receiver reports within ten seconds.
 * @returns nothing where no feedback tells of delays
 */
export function roundTripMs({ emptyRttMs, rttKnown, queueMs, queueKnown }: Decision): number | undefined {
  return rttKnown && queueKnown ? emptyRttMs + queueMs : undefined;
}

/** What pictures may take of what the network carries: neither retransmissions nor headers. */
export function demandOf(
  decision: Decision,
  { repeatedBps, payloadShare }: { repeatedBps: number; payloadShare: number },
  freshness: Freshness,
  nowMs: number,
): DeliveryReport["demand"] {
  const { targetBps, estimateBps, doubted, silent } = decision;
  const forPictures = (bitrateBps: number) => Math.max(bitrateBps - repeatedBps, bitrateBps / 2) * payloadShare;
  return {
    targetBps: forPictures(targetBps),
    estimateBps: forPictures(estimateBps),
    fresh: freshness.at(decision, nowMs),
    guessed: freshness.isGuess(decision, nowMs),
    doubted,
    silent,
  };
}

/** Of a connection that nothing went through yet. */
export function untried(maxBps: number, nowMs: number): DeliveryReport {
  const decision = new Estimator(boundsOf(maxBps)).tick(nowMs);
  const picturesBps = decision.targetBps * PAYLOAD_SHARE;
  return {
    decision,
    demand: { targetBps: picturesBps, estimateBps: picturesBps, fresh: true, guessed: true },
    rung: undefined,
    sentBps: 0,
    repeatedBps: 0,
    pictures: 0,
    unbegun: 0,
    behind: 0,
    dropped: { "too-late": 0, "over-budget": 0 },
    pacerMs: 0,
    sendErrors: 0,
    lastHeardAtMs: nowMs,
    unansweredSinceMs: undefined,
  };
}
