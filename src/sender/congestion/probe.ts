import type { ProbeResult } from "./probe-estimator.ts";

/** Packets to be sent faster than the estimate, to learn whether the link carries more. */
export interface Probe {
  cluster: number;
  bitrateBps: number;
  /** How much is to be sent at that rate, media included; at least five packets. */
  bytes: number;
}

const FIRST_FACTOR = 3;
const NEXT_FACTOR = 2;
/** A probe that came through to this share is followed by a further one. */
const FURTHER = 0.7;
const DURATION_MS = 15;
const BYTES_MIN = 1_250;
const RESULT_WAIT_MS = 1_000;
const ALR_INTERVAL_MS = 5_000;
/** After a fall the link is asked whether it has healed: soon at first, then now and then. */
const RECOVERY_INTERVAL_MS = 3_000;
const RECOVERY_EARLY_MS = 30_000;
const RECOVERY_LATER_MS = 5_000;
/** Probing is for a link that is quiet. */
const QUIET_QUEUE_MS = 25;
const QUIET_SINCE_MS = 1_500;

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
  #nextCluster = 1;
  #awaited: { probe: Probe; sinceMs: number } | undefined;
  #furtherBps: number | undefined;
  #started = false;
  #lastAtMs = Number.NEGATIVE_INFINITY;
  #fell: { fromBps: number; atMs: number } | undefined;

  /** The estimate fell deeply: what the link carried before may come back. */
  onDeepFall(fromBps: number, nowMs: number): void {
    this.#furtherBps = undefined;
    this.#awaited = undefined;
    this.#lastAtMs = nowMs;
    this.#fell = { fromBps: Math.max(fromBps, this.#fell?.fromBps ?? 0), atMs: nowMs };
  }

  onResult({ cluster, bitrateBps }: ProbeResult): void {
    if (this.#awaited?.probe.cluster !== cluster) return;
    const wentWell = bitrateBps >= FURTHER * this.#awaited.probe.bitrateBps;
    this.#furtherBps = wentWell ? NEXT_FACTOR * bitrateBps : undefined;
    this.#awaited = undefined;
  }

  /** To be called once feedback comes in: the first picture should not have to share the link with a probe. */
  tick(input: ProbeInput, nowMs: number): Probe | undefined {
    const { estimateBps, maxBps } = input;
    if (this.#fell && estimateBps >= 0.85 * this.#fell.fromBps) this.#fell = undefined;
    if (this.#awaited && nowMs - this.#awaited.sinceMs < RESULT_WAIT_MS) return undefined;
    this.#awaited = undefined;
    if (estimateBps >= maxBps || input.overused) {
      this.#furtherBps = undefined;
      this.#started = true;
      return undefined;
    }
    if (!this.#started) {
      this.#started = true;
      return this.#probe(FIRST_FACTOR * estimateBps, maxBps, nowMs);
    }
    if (this.#furtherBps !== undefined) {
      const bitrateBps = this.#furtherBps;
      this.#furtherBps = undefined;
      return bitrateBps > estimateBps ? this.#probe(bitrateBps, maxBps, nowMs) : undefined;
    }
    if (input.queueMs > QUIET_QUEUE_MS || nowMs - input.overusedAtMs < QUIET_SINCE_MS) return undefined;
    return nowMs - this.#lastAtMs >= this.#intervalMs(input, nowMs)
      ? this.#probe(NEXT_FACTOR * estimateBps, this.#fell ? Math.min(maxBps, this.#fell.fromBps) : maxBps, nowMs)
      : undefined;
  }

  #intervalMs({ applicationLimited }: ProbeInput, nowMs: number): number {
    if (this.#fell) return nowMs - this.#fell.atMs < RECOVERY_EARLY_MS ? RECOVERY_INTERVAL_MS : RECOVERY_LATER_MS;
    return applicationLimited ? ALR_INTERVAL_MS : Number.POSITIVE_INFINITY;
  }

  #probe(wantedBps: number, maxBps: number, nowMs: number): Probe {
    const bitrateBps = Math.min(wantedBps, maxBps);
    const bytes = Math.max(BYTES_MIN, Math.ceil((bitrateBps * DURATION_MS) / 8_000));
    const probe = { cluster: this.#nextCluster++, bitrateBps, bytes };
    this.#awaited = { probe, sinceMs: nowMs };
    this.#lastAtMs = nowMs;
    return probe;
  }
}
