/** How a quarter of a second went. */
export interface LossObservation {
  sentBps: number;
  received: number;
  lost: number;
}

export interface LossHypothesis {
  /** What the link carries; the rest of what is sent is lost. */
  bandwidthBps: number;
  /** Lost at any rate: radio, not congestion. 0 to 1. */
  inherentLoss: number;
}

export interface LossPrior {
  /** Inherent loss that was confirmed before. */
  knownLoss: number;
  /** More than this cannot be inherent. */
  mostLoss: number;
}

/** Each older observation counts for this much less: half after 1.6 s. */
const AGEING = 0.9;
/** Beyond this, losses are taken for congestion whatever the rate was. */
const INHERENT_LOSSES = [0, 0.005, 0.01, 0.02, 0.03, 0.04, 0.06, 0.08, 0.1];
const LEAST_PROBABILITY = 1e-3;
/** Per packet and nepers of bandwidth: of hypotheses that explain alike, the larger bandwidth. */
const BANDWIDTH_BIAS = 0.02;
/** Per packet, for inherent loss above what is known: when in doubt, a new loss is congestion, and the next step shows. */
const DOUBT = 0.5;

/**
 * The hypothesis that explains the observations best, by likelihood: loss that does not change with the rate is the
 * link's own, loss that comes and goes with it is congestion. After the idea of libwebrtc's second loss-based estimator.
 * @param observations oldest first
 */
export function mostLikely(
  observations: readonly LossObservation[],
  candidatesBps: readonly number[],
  { knownLoss, mostLoss }: LossPrior,
): LossHypothesis | undefined {
  const newestFirst = observations.toReversed();
  let best: LossHypothesis | undefined;
  let bestScore = Number.NEGATIVE_INFINITY;
  for (const bandwidthBps of candidatesBps) {
    for (const inherentLoss of INHERENT_LOSSES) {
      if (inherentLoss > mostLoss) break;
      const score = scoreOf(newestFirst, { bandwidthBps, inherentLoss }, knownLoss);
      if (score > bestScore) {
        bestScore = score;
        best = { bandwidthBps, inherentLoss };
      }
    }
  }
  return best;
}

function scoreOf(
  newestFirst: readonly LossObservation[],
  { bandwidthBps, inherentLoss }: LossHypothesis,
  knownLoss: number,
): number {
  const perPacket = BANDWIDTH_BIAS * Math.log(bandwidthBps) - DOUBT * Math.max(0, inherentLoss - knownLoss);
  let score = 0;
  let weight = 1;
  for (const { sentBps, received, lost } of newestFirst) {
    const overflow = Math.max(0, 1 - bandwidthBps / Math.max(sentBps, 1));
    const expected = inherentLoss + (1 - inherentLoss) * overflow;
    const probability = Math.min(Math.max(expected, LEAST_PROBABILITY), 1 - LEAST_PROBABILITY);
    const likelihood = lost * Math.log(probability) + received * Math.log(1 - probability);
    score += weight * (likelihood + (lost + received) * perPacket);
    weight *= AGEING;
  }
  return score;
}
