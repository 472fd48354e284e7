const WINDOW_MS = 500;
/** A full link carries evenly, so that a shorter window is enough to see a fall. */
const SHORT_WINDOW_MS = 150;
/** A fall deeper than this is no chance of where the pictures' edges lie. */
const FALL = 0.7;
/** Packets came evenly if no gap takes more than its share of so many: a stall, of whichever machine, is one long gap. */
const EVEN_GAPS = 3;
/** Half a second at 80 Mbps; a viewer's clock may stand still. */
const MAX_ARRIVALS = 4_096;

interface Arrival {
  arrivalMs: number;
  bytes: number;
}

/** What came through, measured at the viewer over the last half second. */
export class AckedBitrate {
  #arrivals: Arrival[] = [];
  #first: number | undefined;

  /** Packets come in the order of their arrival. */
  push(arrivalMs: number, bytes: number): void {
    this.#first ??= arrivalMs;
    const lastMs = this.#arrivals.at(-1)?.arrivalMs ?? arrivalMs;
    if (Math.abs(arrivalMs - lastMs) > 10 * WINDOW_MS) this.#arrivals = [];
    this.#arrivals.push({ arrivalMs: Math.max(arrivalMs, lastMs), bytes });
    const old = this.#arrivals.findIndex((arrival) => arrivalMs - arrival.arrivalMs < WINDOW_MS);
    const many = this.#arrivals.length - MAX_ARRIVALS;
    if (old > 0 || many > 0) this.#arrivals.splice(0, Math.max(old, many));
  }

  /** Packets that came before `untilMs`, nobody told when: evenly since the last, or a lost message would look like a fall. */
  pushUntold(sizesBytes: readonly number[], untilMs: number): void {
    const lastMs = this.#arrivals.at(-1)?.arrivalMs ?? untilMs;
    const stepMs = (untilMs - lastMs) / (sizesBytes.length + 1);
    for (const [i, bytes] of sizesBytes.entries()) this.push(lastMs + stepMs * (i + 1), bytes);
  }

  /** `undefined` until half a second was seen. */
  get bitrateBps(): number | undefined {
    const last = this.#arrivals.at(-1);
    if (!last || this.#first === undefined || last.arrivalMs - this.#first < WINDOW_MS) return undefined;
    return this.#over(WINDOW_MS, last.arrivalMs);
  }

  /** Of a link that is full: follows a deep fall of it sooner. What comes after a stall is no measure. */
  get fullLinkBps(): number | undefined {
    const last = this.#arrivals.at(-1);
    if (!last || this.#first === undefined || last.arrivalMs - this.#first < SHORT_WINDOW_MS) return undefined;
    const shortBps = this.#isEven(SHORT_WINDOW_MS, last.arrivalMs)
      ? this.#over(SHORT_WINDOW_MS, last.arrivalMs)
      : undefined;
    const longBps = this.#isEven(WINDOW_MS, last.arrivalMs) ? this.bitrateBps : undefined;
    if (shortBps === undefined || longBps === undefined) return shortBps ?? longBps;
    return shortBps < FALL * longBps ? shortBps : Math.max(shortBps, longBps);
  }

  /** Nothing can be told of a full link now: what came last was held up, or there was next to nothing to come. */
  get uneven(): boolean {
    const last = this.#arrivals.at(-1);
    if (!last || this.bitrateBps === undefined) return false;
    return !this.#isEven(SHORT_WINDOW_MS, last.arrivalMs) && !this.#isEven(WINDOW_MS, last.arrivalMs);
  }

  #isEven(windowMs: number, untilMs: number): boolean {
    const longestMs = windowMs / EVEN_GAPS;
    let laterMs = untilMs;
    for (let i = this.#arrivals.length - 1; i >= 0; i--) {
      const { arrivalMs } = this.#arrivals[i] as Arrival;
      if (laterMs - arrivalMs > longestMs) return false;
      if (untilMs - arrivalMs >= windowMs) return true;
      laterMs = arrivalMs;
    }
    return laterMs - (untilMs - windowMs) <= longestMs;
  }

  #over(windowMs: number, untilMs: number): number {
    const bytes = this.#arrivals.reduce(
      (sum, arrival) => (untilMs - arrival.arrivalMs < windowMs ? sum + arrival.bytes : sum),
      0,
    );
    return (bytes * 8_000) / windowMs;
  }
}
