import { LinkCapacity } from "./link-capacity.ts";
import { isGreaterBy, isLesserBy } from "./link-share.ts";
import type { Usage } from "./overuse-detector.ts";

/** draft-ietf-rmcat-gcc-02, section 5.5: what is left of the acknowledged rate after over-use. */
const BETA = 0.85;
/** Within this of the estimate the acknowledged rate is a matter of where the pictures' edges lie; then so much is kept. */
const SWING = 0.75;
const LEAST_KEPT = 0.82;
/** Beside another flow who has more gives up so much more, of the estimate. */
const GREATER_GIVES = 0.08;
/** Far from the known capacity: each second, of the rate. */
const GROWTH = 0.08;
/** Near it, the same, at least: a packet a round trip alone is next to nothing on a fast link. */
const NEAR_GROWTH = 0.015;
const MIN_ADDITIVE_BPS = 4_000;
/** TCP beside us grows by a packet a round trip, every round trip; this is the slower of the two. */
const COMPETING_GROWTH_BPS = 250_000;
/** An estimate may run ahead of what was proved by this much. */
const AHEAD = 1.5;
const AHEAD_BPS = 10_000;
/** A fall to less than this is the link's doing, not a correction. */
const DEEP_FALL = 0.7;
const ENCODER_MS = 150;
const DECREASE_WAIT_MAX_MS = 500;
/** Over-use that comes again so soon is the same that goes on. */
const GOES_ON_MS = 1_500;
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
  /** The link itself was just seen to carry far less than thought. */
  fallen?: boolean;
  /** What the link carries of everybody's packets together, where that is known. */
  linkBps?: number | undefined;
  /** Another flow keeps the queue full; up to this rate is ours as well as its own. */
  fairShareBps?: number;
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

  /** The old path's capacity is not the new one's, nor is its over-use. */
  onNewPath(): void {
    this.#capacity.reset();
    this.#decreasedAtMs = Number.NEGATIVE_INFINITY;
  }

  /** @returns whether the link turned out to carry far less than was thought */
  update(input: RateInput, nowMs: number): boolean {
    const elapsedMs = Math.min(nowMs - (this.#updatedAtMs ?? nowMs), 1_000);
    this.#updatedAtMs = nowMs;
    if (input.usage === "over") {
      if (!this.#mayDecrease(input, nowMs)) return false;
      const goesOn = nowMs - this.#decreasedAtMs < GOES_ON_MS;
      return isUnmeasured(input) && !goesOn ? this.#decreaseUnmeasured(nowMs) : this.#decrease(input, nowMs);
    }
    if (input.usage === "under" || input.usage === "easing") this.#state = "hold";
    else if (this.#state === "hold") this.#state = "increase";
    else this.#increase(input, elapsedMs);
    return false;
  }

  /** The effect of a decrease shows when the encoder has followed and its pictures were told of; before that only a far deeper fall is news. */
  #mayDecrease(input: RateInput, nowMs: number): boolean {
    const { rttMs, fullLinkBps } = input;
    if (nowMs - this.#decreasedAtMs >= Math.min(rttMs + ENCODER_MS, DECREASE_WAIT_MAX_MS)) return true;
    return !isUnmeasured(input) && fullLinkBps !== undefined && fullLinkBps < this.#estimateBps / 2;
  }

  /** What came through is what was sent, and not what the link carries: so much of that is not to be taken for a first sign. */
  #decreaseUnmeasured(nowMs: number): boolean {
    this.#estimateBps = this.#bound(BETA * this.#estimateBps);
    this.#state = "hold";
    this.#decreasedAtMs = nowMs;
    return false;
  }

  #decrease({ fullLinkBps, ackedBps, linkBps }: RateInput, nowMs: number): boolean {
    const beforeBps = this.#estimateBps;
    const carriedBps = fullLinkBps ?? ackedBps ?? beforeBps;
    let nextBps = BETA * carriedBps;
    if (carriedBps > SWING * beforeBps) nextBps = Math.max(nextBps, LEAST_KEPT * beforeBps);
    const capacityBps = this.#capacity.estimateBps;
    if (nextBps > beforeBps && capacityBps !== undefined) nextBps = BETA * capacityBps;
    nextBps -= GREATER_GIVES * isGreaterBy(Math.min(beforeBps, ackedBps ?? beforeBps), linkBps) * beforeBps;
    if (carriedBps < this.#capacity.lowerBps || carriedBps > this.#capacity.upperBps) this.#capacity.reset();
    this.#capacity.onOveruse(carriedBps);
    this.#estimateBps = this.#bound(Math.min(nextBps, beforeBps));
    this.#state = "hold";
    this.#decreasedAtMs = nowMs;
    return this.#estimateBps < DEEP_FALL * beforeBps;
  }

  #increase(input: RateInput, elapsedMs: number): void {
    const { ackedBps, applicationLimited } = input;
    if (applicationLimited || ackedBps === undefined) return;
    if (ackedBps > this.#capacity.upperBps) this.#capacity.reset();
    const limitBps = AHEAD * ackedBps + AHEAD_BPS;
    if (this.#estimateBps >= limitBps) return;
    const perSecondBps = this.#growthBps(input);
    const grownBps = this.#estimateBps + (perSecondBps * elapsedMs) / 1_000;
    this.#estimateBps = this.#bound(Math.min(grownBps, limitBps));
  }

  #growthBps({ ackedBps, rttMs, fairShareBps, linkBps }: RateInput): number {
    const factorBps = this.#estimateBps * GROWTH;
    const competing = fairShareBps !== undefined;
    if (competing && this.#estimateBps < fairShareBps) return Math.max(COMPETING_GROWTH_BPS, factorBps);
    if (!competing && this.#capacity.estimateBps === undefined) return factorBps;
    const packetBps = (PACKET_BITS * 1_000) / (rttMs + 100);
    const nearBps = Math.min(Math.max(MIN_ADDITIVE_BPS, packetBps, this.#estimateBps * NEAR_GROWTH), factorBps);
    const hasBps = Math.min(this.#estimateBps, ackedBps ?? this.#estimateBps);
    return nearBps + isLesserBy(hasBps, linkBps) * (factorBps - nearBps);
  }

  #bound(bitrateBps: number): number {
    return Math.min(Math.max(bitrateBps, this.#bounds.minBps), this.#bounds.maxBps);
  }
}

function isUnmeasured({ applicationLimited, fallen }: RateInput): boolean {
  return applicationLimited && !fallen;
}
