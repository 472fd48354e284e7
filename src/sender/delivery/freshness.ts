import type { Decision } from "../congestion/decision.ts";

/** A first answer, and the first probe's, and of a near viewer the second's. */
const LEAST_MS = 700;
/** The first feedback comes after one, the first probe's after two; the third is for what is held back or asked again. */
const ROUND_TRIPS = 3;
/** Whoever has told nothing by then is not waited for. */
const MOST_MS = 2_000;

/** A busy machine spoils the first probe; by then the second was answered. */
const PROBED_AGAIN_MS = 3_000;

/** For how long a viewer's network is called unknown. `nowMs` is any clock that never goes back. */
export class Freshness {
  #startBps: number;
  #begunAtMs: number | undefined;
  /** What was known once is not unknown again because it turns out wider: its rung would go, and come back. */
  #known = false;

  /** @param startBps what a network is trusted with until it is known */
  constructor(startBps: number) {
    this.#startBps = startBps;
  }

  /** No estimate is above this any more. */
  bound(maxBps: number): void {
    this.#startBps = Math.min(this.#startBps, maxBps);
  }

  /** Its first packet has left; later calls change nothing. */
  begin(nowMs: number): void {
    this.#begunAtMs ??= nowMs;
  }

  at({ estimateBps, rttMs, rttKnown }: Pick<Decision, "estimateBps" | "rttMs" | "rttKnown">, nowMs: number): boolean {
    if (this.#known) return false;
    if (this.#begunAtMs === undefined) return true;
    const sinceMs = nowMs - this.#begunAtMs;
    const longestMs = rttKnown ? Math.min(LEAST_MS + ROUND_TRIPS * rttMs, MOST_MS) : MOST_MS;
    this.#known = sinceMs >= (this.#isNarrow(estimateBps) ? LEAST_MS : longestMs);
    return !this.#known;
  }

  /** Its estimate may yet turn out far too low: no reason for a smaller picture, which would stay so for seconds. */
  isGuess(decision: Pick<Decision, "estimateBps" | "rttMs" | "rttKnown">, nowMs: number): boolean {
    if (this.at(decision, nowMs)) return true;
    return !this.#isNarrow(decision.estimateBps) && nowMs - (this.#begunAtMs ?? nowMs) < PROBED_AGAIN_MS;
  }

  /** What carries less than it was trusted with is known to be narrow, and is to be relieved. */
  #isNarrow(estimateBps: number): boolean {
    return estimateBps < this.#startBps;
  }
}
