import type { ProbeResult } from "./probe-estimator.ts";

/** Packets to be sent faster than the estimate, to learn whether the link carries more. */
export interface Probe {
  cluster: number;
  bitrateBps: number;
  /** How much is to be sent at that rate, media included; at least five packets. */
  bytes: number;
}

const FIRST_CLUSTER = 1;
const FIRST_FACTOR = 3;
const NEXT_FACTOR = 2;
/** A probe that came through to this share is followed by a further one. */
const FURTHER = 0.7;
const DURATION_MS = 15;
/** Five packets of media. */
const FIRST_BYTES_MIN = 6_000;
/** Of a probe at twice the link's rate so much passes a shaper's usual bucket before it shows; only then it measures. */
const BUCKET_BYTES = 8_000;
const RESULT_WAIT_MS = 1_000;
const ALR_INTERVAL_MS = 5_000;
/** A link that is new is asked more than once: its first answer may have been another flow's, or a busy machine's. */
const NEW_MS = 10_000;
const NEW_INTERVAL_MS = 2_000;
/** After a fall the link is asked whether it has healed: soon at first, then now and then. */
const RECOVERY_INTERVAL_MS = 3_000;
const RECOVERY_EARLY_MS = 30_000;
const RECOVERY_LATER_MS = 5_000;
/** Each probe is a queue on a link that stays narrow: from the second on that finds no more than this, half as often. */
const FOUND = 1.2;
const RECOVERY_MAX_MS = 60_000;
/** Of what was there before silence: the network that comes back may be another. */
const AFTER_SILENCE = 0.5;
/** Of what was there before the fall. */
const RECOVERED = 0.85;
/** A result so far above the estimate is a leap; if so soon after it so much of it is taken back, it was a mistake. */
const LEAP = 1.3;
const MISTAKEN_MS = 2_000;
const MISTAKEN_SHARE = 0.75;
const MISTAKES_MAX = 4;
/** A probe that told nothing is repeated at once, so often in a row. */
const SPOILED_MAX = 2;
/** Who had all that was wanted may have more, now that more is wanted. */
const AT_MAXIMUM = 0.9;
/** Probing is for a link that is quiet. */
const QUIET_QUEUE_MS = 25;
const QUIET_SINCE_MS = 1_500;
/** For so long a link that does not become quiet may be hoped to carry what it did. */
const DOUBTED_MS = 3_000;

export interface ProbeInput {
  estimateBps: number;
  /** More than this nobody wants. */
  maxBps: number;
  applicationLimited: boolean;
  overused: boolean;
  queueMs: number;
  /** When the link was last found over-used. */
  overusedAtMs: number;
}

/** Decides when to probe: exponentially at the start, now and then for an idle source, and after a fall. */
export class ProbeControl {
  #nextCluster = FIRST_CLUSTER;
  /** Of the path. */
  #firstCluster = FIRST_CLUSTER;
  #awaited: { probe: Probe; sinceMs: number; last: boolean } | undefined;
  #furtherBps: number | undefined;
  #startedAtMs: number | undefined;
  #lastAtMs = Number.NEGATIVE_INFINITY;
  #leaptAtMs = Number.NEGATIVE_INFINITY;
  #mistakes = 0;
  /** Probes in a row that found nothing, once the fall was long ago. */
  #vain = 0;
  /** Probes in a row that told nothing. */
  #spoiled = 0;
  #lastMaxBps = Number.POSITIVE_INFINITY;
  #fell: { fromBps: number; atMs: number } | undefined;
  /** To be asked for as soon as the link is quiet: the estimate fell, but nobody measured that the link did. */
  #soonBps: number | undefined;
  /** Nothing is heard, so that nothing would be told of a probe. */
  #unheard = false;

  /** The estimate fell deeply: what the link carried before may come back. */
  onDeepFall(fromBps: number, nowMs: number): void {
    this.#furtherBps = undefined;
    this.#awaited = undefined;
    this.#lastAtMs = nowMs;
    this.#fell = { fromBps: Math.max(fromBps, this.#fell?.fromBps ?? 0), atMs: nowMs };
    this.#soonBps = undefined;
    this.#vain = 0;
  }

  /** The same, to what a source sent that used little of it: most of it may still be there. */
  onUnmeasuredFall(fromBps: number, nowMs: number): void {
    this.onDeepFall(fromBps, nowMs);
    this.#soonBps = RECOVERED * fromBps;
  }

  /** The estimate goes down, since nothing is heard: the link may carry what it did as soon as something is. */
  onSilence(fromBps: number, nowMs: number): void {
    const soonBps = this.#unheard ? this.#soonBps : AFTER_SILENCE * fromBps;
    this.onDeepFall(fromBps, nowMs);
    this.#soonBps = soonBps;
    this.#unheard = true;
  }

  /** What was to be asked for as soon as the link is quiet, which will not be asked for any more. */
  takeSoon(): number | undefined {
    const soonBps = this.#soonBps;
    this.#soonBps = undefined;
    return soonBps;
  }

  /** What the link carries is to be learned anew, once something is heard of it. */
  onNewPath(): void {
    this.#furtherBps = undefined;
    this.#awaited = undefined;
    // After silence it is the estimate from before that tells what to ask for.
    if (this.#soonBps === undefined) this.#fell = undefined;
    this.#mistakes = 0;
    this.#spoiled = 0;
    this.#leaptAtMs = Number.NEGATIVE_INFINITY;
    this.#startedAtMs = undefined;
    this.#firstCluster = this.#nextCluster;
    this.#unheard = true;
  }

  /** Feedback came. */
  onHeard(): void {
    this.#unheard = false;
  }

  /** @param estimateBps before the result */
  onResult({ cluster, bitrateBps }: ProbeResult, estimateBps: number, nowMs: number): void {
    const hasFound = bitrateBps !== undefined && bitrateBps >= FOUND * estimateBps;
    // Also of one that was given up, as on a long way: it is taken all the same.
    if (hasFound) this.#vain = 0;
    if (this.#awaited?.probe.cluster !== cluster) return;
    if (bitrateBps === undefined) {
      this.#furtherBps = this.#spoiled++ < SPOILED_MAX ? this.#awaited.probe.bitrateBps : undefined;
      this.#awaited = undefined;
      return;
    }
    this.#spoiled = 0;
    if (bitrateBps > LEAP * estimateBps) this.#leaptAtMs = nowMs;
    if (!hasFound && !this.#isEarly(nowMs)) this.#vain++;
    const { probe, last } = this.#awaited;
    const wentWell = bitrateBps >= FURTHER * probe.bitrateBps;
    // The first is so short that a little jitter halves what it measures: a longer one is to say.
    const doubtful = cluster === this.#firstCluster && bitrateBps > estimateBps;
    this.#furtherBps = (wentWell && !last) || doubtful ? NEXT_FACTOR * bitrateBps : undefined;
    this.#awaited = undefined;
  }

  /**
   * The link turned out over-used. Right after a probe: its packets slipped through between another flow's, and what they
   * measured was not ours to have. Each time it is tried less often, for each time it takes from the other.
   * @param kept the share of the estimate that was left
   */
  onOveruse(kept: number, nowMs: number): void {
    this.#furtherBps = undefined;
    const mistaken = nowMs - this.#leaptAtMs < MISTAKEN_MS && kept < MISTAKEN_SHARE;
    if (mistaken) this.#mistakes = Math.min(this.#mistakes + 1, MISTAKES_MAX);
    this.#leaptAtMs = Number.NEGATIVE_INFINITY;
  }

  /** The estimate went down though nobody measured that the link did, and it was not asked yet. */
  isDoubted(nowMs: number): boolean {
    return this.#soonBps !== undefined && nowMs - (this.#fell?.atMs ?? nowMs) < DOUBTED_MS;
  }

  /** To be called once feedback comes in: the first picture should not have to share the link with a probe. */
  tick(input: ProbeInput, nowMs: number): Probe | undefined {
    const { estimateBps, maxBps } = input;
    if (this.#fell && estimateBps >= RECOVERED * this.#fell.fromBps && nowMs - this.#leaptAtMs >= MISTAKEN_MS) {
      this.#fell = undefined;
      this.#mistakes = 0;
    }
    if (this.#unheard) return undefined;
    if (this.#awaited && nowMs - this.#awaited.sinceMs < RESULT_WAIT_MS) return undefined;
    // One that was lost, or most of it, found nothing and took from the pictures all the same.
    if (this.#awaited && !this.#isEarly(nowMs)) this.#vain++;
    this.#awaited = undefined;
    const roomMade = maxBps > this.#lastMaxBps && estimateBps >= AT_MAXIMUM * this.#lastMaxBps;
    this.#lastMaxBps = maxBps;
    if (roomMade && this.#startedAtMs !== undefined) this.#furtherBps = Math.min(NEXT_FACTOR * estimateBps, maxBps);
    if (estimateBps >= maxBps || input.overused) {
      this.#furtherBps = undefined;
      return undefined;
    }
    if (this.#startedAtMs === undefined) {
      // The first keyframe may still be on its way.
      if (input.queueMs > QUIET_QUEUE_MS) return undefined;
      // A later path has had all of the pictures: over-use of it is no keyframe's.
      const another = this.#firstCluster > FIRST_CLUSTER;
      if (another && nowMs - input.overusedAtMs < QUIET_SINCE_MS) return undefined;
      this.#startedAtMs = nowMs;
      return this.#probe(Math.max(FIRST_FACTOR * estimateBps, this.takeSoon() ?? 0), maxBps, nowMs);
    }
    if (this.#furtherBps !== undefined) {
      const bitrateBps = this.#furtherBps;
      this.#furtherBps = undefined;
      return bitrateBps > estimateBps ? this.#probe(bitrateBps, maxBps, nowMs) : undefined;
    }
    if (input.queueMs > QUIET_QUEUE_MS || nowMs - input.overusedAtMs < QUIET_SINCE_MS) return undefined;
    const mostBps = Math.min(maxBps, this.#fell?.fromBps ?? maxBps);
    const soonBps = this.takeSoon();
    if (soonBps !== undefined)
      return this.#probe(soonBps > estimateBps ? soonBps : NEXT_FACTOR * estimateBps, mostBps, nowMs);
    return nowMs - this.#lastAtMs >= this.#intervalMs(input, nowMs)
      ? this.#probe(NEXT_FACTOR * estimateBps, mostBps, nowMs)
      : undefined;
  }

  #intervalMs({ applicationLimited }: ProbeInput, nowMs: number): number {
    if (this.#fell) {
      const usualMs = (this.#isEarly(nowMs) ? RECOVERY_INTERVAL_MS : RECOVERY_LATER_MS) * 2 ** this.#mistakes;
      return Math.max(usualMs, Math.min(usualMs * 2 ** Math.max(this.#vain - 1, 0), RECOVERY_MAX_MS));
    }
    if (nowMs - (this.#startedAtMs ?? nowMs) < NEW_MS) return NEW_INTERVAL_MS;
    return applicationLimited ? ALR_INTERVAL_MS : Number.POSITIVE_INFINITY;
  }

  #isEarly(nowMs: number): boolean {
    return nowMs - (this.#fell?.atMs ?? nowMs) < RECOVERY_EARLY_MS;
  }

  #probe(wantedBps: number, maxBps: number, nowMs: number): Probe {
    const bitrateBps = Math.min(wantedBps, maxBps);
    const durationBytes = Math.ceil((bitrateBps * DURATION_MS) / 8_000);
    const first = this.#nextCluster === this.#firstCluster;
    const bytes = first ? Math.max(FIRST_BYTES_MIN, durationBytes) : BUCKET_BYTES + durationBytes;
    const probe = { cluster: this.#nextCluster++, bitrateBps, bytes };
    this.#awaited = { probe, sinceMs: nowMs, last: wantedBps >= maxBps };
    this.#lastAtMs = nowMs;
    return probe;
  }
}
