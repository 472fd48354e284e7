const WINDOW_MS = 500;
/** A full link carries evenly, so that a shorter window is enough to see a fall. */
const SHORT_WINDOW_MS = 150;
/** A fall deeper than this is no chance of where the pictures' edges lie. */
const FALL = 0.7;
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
  /** Read several times for each feedback message. */
  #known: { bitrateBps: number | undefined } | undefined;

  /** Packets come in the order of their arrival. */
  push(arrivalMs: number, bytes: number): void {
    this.#first ??= arrivalMs;
    this.#known = undefined;
    const lastMs = this.#arrivals.at(-1)?.arrivalMs ?? arrivalMs;
    if (Math.abs(arrivalMs - lastMs) > 10 * WINDOW_MS) this.#arrivals = [];
    this.#arrivals.push({ arrivalMs: Math.max(arrivalMs, lastMs), bytes });
    for (let oldest = this.#arrivals[0]; oldest; oldest = this.#arrivals[0]) {
      if (arrivalMs - oldest.arrivalMs < WINDOW_MS && this.#arrivals.length <= MAX_ARRIVALS) return;
      this.#arrivals.shift();
    }
  }

  /** Packets that came before `untilMs`, nobody told when: evenly since the last, or a lost message would look like a fall. */
  pushUntold(sizesBytes: readonly number[], untilMs: number): void {
    const lastMs = this.#arrivals.at(-1)?.arrivalMs ?? untilMs;
    const stepMs = (untilMs - lastMs) / (sizesBytes.length + 1);
    for (const [i, bytes] of sizesBytes.entries()) this.push(lastMs + stepMs * (i + 1), bytes);
  }

  /** `undefined` until half a second was seen. */
  get bitrateBps(): number | undefined {
    this.#known ??= { bitrateBps: this.#measure() };
    return this.#known.bitrateBps;
  }

  #measure(): number | undefined {
    const last = this.#arrivals.at(-1);
    if (!last || this.#first === undefined || last.arrivalMs - this.#first < WINDOW_MS) return undefined;
    return this.#over(WINDOW_MS, last.arrivalMs);
  }

  /** Of a link that is full: follows a deep fall of it sooner. */
  get fullLinkBps(): number | undefined {
    const last = this.#arrivals.at(-1);
    if (!last || this.#first === undefined || last.arrivalMs - this.#first < SHORT_WINDOW_MS) return undefined;
    const shortBps = this.#over(SHORT_WINDOW_MS, last.arrivalMs);
    const longBps = this.bitrateBps;
    return longBps === undefined || shortBps < FALL * longBps ? shortBps : Math.max(shortBps, longBps);
  }

  #over(windowMs: number, untilMs: number): number {
    const bytes = this.#arrivals.reduce(
      (sum, arrival) => (untilMs - arrival.arrivalMs < windowMs ? sum + arrival.bytes : sum),
      0,
    );
    return (bytes * 8_000) / windowMs;
  }
}
