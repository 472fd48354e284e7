import { LinkCapacity } from "./link-capacity.ts";
import type { Usage } from "./overuse-detector.ts";

/** draft-ietf-rmcat-gcc-02, section 5.5: what is left of the acknowledged rate after over-use. */
const BETA = 0.85;
/** Far from the known capacity: each second, of the rate. */
const GROWTH = 0.08;
const MIN_GROWTH_BPS = 1_000;
const MIN_ADDITIVE_BPS = 4_000;
/** An estimate may run ahead of what was proved by this much. */
const AHEAD = 1.5;
const AHEAD_BPS = 10_000;
/** A fall to less than this is the link's doing, not a correction. */
const DEEP_FALL = 0.7;
const PACKET_BITS = 1_200 * 8;

export interface RateInput {
  usage: Usage;
  /** What came through; absent until it was measured. */
  ackedBps?: number;
  /** The same, quick to fall; for use while the link is full. */
  fullLinkBps?: number;
  rttMs: number;
  /** The source sends less than it may, so that nothing is proved by the link's carrying it. */
  applicationLimited: boolean;
}

export interface RateBounds {
  minBps: number;
  maxBps: number;
}

/** Additive increase near the link's known capacity, multiplicative elsewhere; decrease to what came through. */
export class RateControl {
  readonly #capacity = new LinkCapacity();
  #bounds: RateBounds;
  #estimateBps: number;
  #state: "increase" | "hold" = "increase";
  #updatedAtMs: number | undefined;
  #decreasedAtMs = Number.NEGATIVE_INFINITY;

  constructor(startBps: number, bounds: RateBounds) {
    this.#bounds = bounds;
    this.#estimateBps = this.#bound(startBps);
  }

  get estimateBps(): number {
    return this.#estimateBps;
  }

  /** When the link was last found over-used. */
  get decreasedAtMs(): number {
    return this.#decreasedAtMs;
  }

  setBounds(bounds: RateBounds): void {
    this.#bounds = bounds;
    this.#estimateBps = this.#bound(this.#estimateBps);
  }

  /** Takes what was measured otherwise: a probe's result, or silence. */
  setEstimate(bitrateBps: number): void {
    if (bitrateBps > this.#capacity.upperBps) this.#capacity.reset();
    this.#estimateBps = this.#bound(bitrateBps);
  }

  /** @returns whether the link turned out to carry far less than was thought */
  update(input: RateInput, nowMs: number): { deepFall: boolean } {
    const elapsedMs = Math.min(nowMs - (this.#updatedAtMs ?? nowMs), 1_000);
    this.#updatedAtMs = nowMs;
    if (input.usage === "over") return this.#mayDecrease(input, nowMs) ? this.#decrease(input, nowMs) : NO_FALL;
    if (input.usage === "under") this.#state = "hold";
    else if (this.#state === "hold") this.#state = "increase";
    else this.#increase(input, elapsedMs);
    return NO_FALL;
  }

  /** The effect of a decrease shows a round trip later; before that only a far deeper fall is news. */
  #mayDecrease({ rttMs, fullLinkBps }: RateInput, nowMs: number): boolean {
    if (nowMs - this.#decreasedAtMs >= Math.min(Math.max(rttMs, 10), 200)) return true;
    return fullLinkBps !== undefined && fullLinkBps < this.#estimateBps / 2;
  }

  #decrease({ fullLinkBps, ackedBps }: RateInput, nowMs: number): { deepFall: boolean } {
    const beforeBps = this.#estimateBps;
    const carriedBps = fullLinkBps ?? ackedBps ?? beforeBps;
    let nextBps = BETA * carriedBps;
    const capacityBps = this.#capacity.estimateBps;
    if (nextBps > beforeBps && capacityBps !== undefined) nextBps = BETA * capacityBps;
    if (carriedBps < this.#capacity.lowerBps || carriedBps > this.#capacity.upperBps) this.#capacity.reset();
    this.#capacity.onOveruse(carriedBps);
    this.#estimateBps = this.#bound(Math.min(nextBps, beforeBps));
    this.#state = "hold";
    this.#decreasedAtMs = nowMs;
    return { deepFall: this.#estimateBps < DEEP_FALL * beforeBps };
  }

  #increase({ ackedBps, rttMs, applicationLimited }: RateInput, elapsedMs: number): void {
    if (applicationLimited || ackedBps === undefined) return;
    if (ackedBps > this.#capacity.upperBps) this.#capacity.reset();
    const limitBps = AHEAD * ackedBps + AHEAD_BPS;
    if (this.#estimateBps >= limitBps) return;
    const perSecondBps = this.#nearCapacity(ackedBps)
      ? Math.max(MIN_ADDITIVE_BPS, (PACKET_BITS * 1_000) / (rttMs + 100))
      : Math.max(MIN_GROWTH_BPS, this.#estimateBps * GROWTH);
    const grownBps = this.#estimateBps + (perSecondBps * elapsedMs) / 1_000;
    this.#estimateBps = this.#bound(Math.min(grownBps, limitBps));
  }

  #nearCapacity(ackedBps: number): boolean {
    return this.#capacity.estimateBps !== undefined && ackedBps >= this.#capacity.lowerBps;
  }

  #bound(bitrateBps: number): number {
    return Math.min(Math.max(bitrateBps, this.#bounds.minBps), this.#bounds.maxBps);
  }
}

const NO_FALL = { deepFall: false };
