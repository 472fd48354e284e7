import type { ReceiverReport } from "./feedback.ts";
import type { RateBounds } from "./rate-control.ts";

const LOW_LOSS = 0.02;
const HIGH_LOSS = 0.1;
const GROWTH = 0.08;
/** Receiver reports come about once a second; each may raise the rate for the time since the one before. */
const INTERVAL_MAX_MS = 2_000;
/** Of each report, in what is told of losses: some seconds are told of together. */
const LOSS_ALPHA = 0.5;
/** For so long after losses what comes through while the rate is not used proves nothing. */
const LOSSES_KEPT_MS = 60_000;
/** A REMB says how things are now, not for good. */
const REMB_MAX_AGE_MS = 10_000;

/**
 * The rate for a viewer that sends no transport-wide feedback: bounded by its own estimate (REMB), moved by the losses
 * that its receiver reports tell (draft-ietf-rmcat-gcc-02, section 6).
 */
export class Fallback {
  #estimateBps: number;
  #reportedAtMs: number | undefined;
  #lossFraction: number | undefined;
  #lostAtMs = Number.NEGATIVE_INFINITY;
  /** The rate at which losses were last too many; `undefined` once more than that goes well. */
  #lossyBps: number | undefined;
  #remb: { bitrateBps: number; atMs: number } | undefined;

  constructor(startBps: number) {
    this.#estimateBps = startBps;
  }

  onRemb(bitrateBps: number, nowMs: number): void {
    this.#remb = { bitrateBps, atMs: nowMs };
  }

  /**
   * @param applicationLimited far less is sent than may be, so that its coming through proves nothing. Where no losses were
   * told the rate grows all the same: what is sent may be as little because the rate is.
   */
  onReceiverReport(
    { fractionLost }: ReceiverReport,
    { minBps, maxBps }: RateBounds,
    applicationLimited: boolean,
    nowMs: number,
  ): void {
    const elapsedMs = Math.min(nowMs - (this.#reportedAtMs ?? nowMs), INTERVAL_MAX_MS);
    this.#reportedAtMs = nowMs;
    this.#lossFraction ??= fractionLost;
    this.#lossFraction += LOSS_ALPHA * (fractionLost - this.#lossFraction);
    if (fractionLost >= LOW_LOSS) {
      this.#lossyBps = Math.max(this.#lossyBps ?? 0, this.#estimateBps);
      this.#lostAtMs = nowMs;
    }
    const unproved = applicationLimited && nowMs - this.#lostAtMs < LOSSES_KEPT_MS;
    if (fractionLost > HIGH_LOSS) this.#estimateBps *= 1 - fractionLost / 2;
    else if (fractionLost < LOW_LOSS && !unproved) this.#estimateBps *= 1 + (GROWTH * elapsedMs) / 1_000;
    const mostBps = Math.min(maxBps, this.rembBps(nowMs) ?? maxBps);
    // From nothing it would never grow again.
    this.#estimateBps = Math.max(Math.min(this.#estimateBps, mostBps), minBps);
    if (this.#lossyBps !== undefined && this.#estimateBps > this.#lossyBps) this.#lossyBps = undefined;
  }

  /** 0 to 1, of all packets of the last seconds; `undefined` before the first report. */
  get lossFraction(): number | undefined {
    return this.#lossFraction;
  }

  /** Losses took the rate down, or hold it where it is. */
  get limitedByLoss(): boolean {
    return this.#lossyBps !== undefined;
  }

  /** What the viewer asked not to exceed, while that is fresh. */
  rembBps(nowMs: number): number | undefined {
    return this.#remb && nowMs - this.#remb.atMs <= REMB_MAX_AGE_MS ? this.#remb.bitrateBps : undefined;
  }

  /** With a REMB its estimate is the rate: the viewer sees delays, which receiver reports do not tell. */
  estimateBps(nowMs: number): number {
    const rembBps = this.rembBps(nowMs);
    if (rembBps !== undefined && this.#reportedAtMs === undefined) return rembBps;
    return Math.min(this.#estimateBps, rembBps ?? this.#estimateBps);
  }
}
