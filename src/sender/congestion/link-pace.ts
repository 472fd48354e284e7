/** Feedback tells of quarters of a millisecond, a tenth of this: on a fast link it takes more than two packets. */
const RUN_MS = 2.5;
/** So many are remembered, and fewer tell nothing. */
const RUNS_MAX = 128;
const RUNS_MIN = 32;
/** Judged anew after so many more. */
const RUNS_STEP = 16;
/** Of the runs: beside another flow, whose packets stand between some of ours, the quickest are without any. */
const PACE = 0.8;
/** A link lets packets come no faster than that: where more than a few do, they were held up behind it. */
const CEILING = 0.9;
const CEILING_MAX = 1.15;
/** What a link carried so long ago says nothing of it now. */
const KNOWN_MS = 5_000;

/**
 * What the link carries of everybody's packets together. Of those that stood in its queue one behind the other each is
 * here as soon as the link has carried it: their distances are the link's own, unless another flow's packet stood in
 * between, which makes distances longer and none shorter. So this may be less than the truth, where another's stand
 * between all of ours, or behind another's queue, where they left no faster than this; and more by as much as what is
 * behind the link moves them.
 */
export class LinkPace {
  readonly #ratesBps = new Float64Array(RUNS_MAX);
  #count = 0;
  #lastRunAtMs = Number.NEGATIVE_INFINITY;
  #lastArrivalMs: number | undefined;
  #run = { fromMs: 0, bytes: 0 };
  #known: { bitrateBps: number; atMs: number } | undefined;

  /**
   * Received packets come in the order of their arrival.
   * @param leastDelayMs of the way without a queue: viewer's clock less sender's clock, as `arrivalMs` less `sentAtMs`
   */
  push(sentAtMs: number, arrivalMs: number, bytes: number, leastDelayMs: number): void {
    const beforeMs = this.#lastArrivalMs;
    this.#lastArrivalMs = arrivalMs;
    const run = this.#run;
    if (beforeMs === undefined || arrivalMs < beforeMs || sentAtMs + leastDelayMs > beforeMs) {
      run.bytes = 0;
    } else {
      run.bytes += bytes;
      const spanMs = arrivalMs - run.fromMs;
      if (spanMs < RUN_MS) return;
      this.#add((run.bytes * 8_000) / spanMs, arrivalMs);
      run.bytes = 0;
    }
    run.fromMs = arrivalMs;
  }

  #add(rateBps: number, nowMs: number): void {
    if (nowMs - this.#lastRunAtMs > KNOWN_MS) this.#count = 0;
    this.#lastRunAtMs = nowMs;
    this.#ratesBps[this.#count++ % RUNS_MAX] = rateBps;
    if (this.#count < RUNS_MIN || this.#count % RUNS_STEP > 0) return;
    const bitrateBps = this.#judge(Math.min(this.#count, RUNS_MAX));
    this.#known = bitrateBps === undefined ? undefined : { bitrateBps, atMs: nowMs };
  }

  #judge(count: number): number | undefined {
    const rates = this.#ratesBps.slice(0, count).sort();
    const at = (share: number) => rates[Math.floor(share * count)] as number;
    return at(CEILING) <= CEILING_MAX * at(PACE) ? at(PACE) : undefined;
  }

  /** `undefined` where the link was not full lately, or nothing is to be told by what came. */
  get bitrateBps(): number | undefined {
    if (!this.#known || (this.#lastArrivalMs ?? 0) - this.#known.atMs > KNOWN_MS) return undefined;
    return this.#known.bitrateBps;
  }
}
