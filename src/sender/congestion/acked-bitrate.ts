const WINDOW_MS = 500;
/** A full link carries evenly, so that a shorter window is enough to see a fall. */
const SHORT_WINDOW_MS = 150;
/** A fall deeper than this is no chance of where the pictures' edges lie. */
const FALL = 0.7;
/** Half a second at 80 Mbps; a viewer's clock may stand still. */
const MAX_ARRIVALS = 4_096;
/** Doubled as needed: a power of two. */
const FIRST_CAPACITY = 256;

/** What came through, measured at the viewer over the last half second. */
export class AckedBitrate {
  /** A ring of when packets came and how large they were; no object for each, of which there would be thousands. */
  #arrivals = { timesMs: new Float64Array(FIRST_CAPACITY), bytes: new Float64Array(FIRST_CAPACITY) };
  #from = 0;
  #count = 0;
  #first: number | undefined;
  /** Read several times for each feedback message. */
  #known: { bitrateBps: number | undefined } | undefined;

  /** Packets come in the order of their arrival. */
  push(arrivalMs: number, bytes: number): void {
    this.#first ??= arrivalMs;
    this.#known = undefined;
    let lastMs = this.#lastMs ?? arrivalMs;
    if (Math.abs(arrivalMs - lastMs) > 10 * WINDOW_MS) {
      this.#count = 0;
      this.#first = arrivalMs;
      lastMs = arrivalMs;
    }
    if (this.#count === MAX_ARRIVALS) this.#drop();
    if (this.#count === this.#arrivals.bytes.length) this.#grow();
    const slot = this.#slot(this.#count++);
    this.#arrivals.timesMs[slot] = Math.max(arrivalMs, lastMs);
    this.#arrivals.bytes[slot] = bytes;
    while (arrivalMs - (this.#arrivals.timesMs[this.#from] as number) >= WINDOW_MS) this.#drop();
  }

  /** Packets that came before `untilMs`, nobody told when: evenly since the last, or a lost message would look like a fall. */
  pushUntold(sizesBytes: readonly number[], untilMs: number): void {
    const lastMs = this.#lastMs ?? untilMs;
    const stepMs = (untilMs - lastMs) / (sizesBytes.length + 1);
    for (const [i, bytes] of sizesBytes.entries()) this.push(lastMs + stepMs * (i + 1), bytes);
  }

  /** `undefined` until half a second was seen. */
  get bitrateBps(): number | undefined {
    this.#known ??= { bitrateBps: this.#measure() };
    return this.#known.bitrateBps;
  }

  #measure(): number | undefined {
    const lastMs = this.#lastMs;
    if (lastMs === undefined || this.#first === undefined || lastMs - this.#first < WINDOW_MS) return undefined;
    return this.#over(WINDOW_MS, lastMs);
  }

  /** Of a link that is full: follows a deep fall of it sooner. */
  get fullLinkBps(): number | undefined {
    const lastMs = this.#lastMs;
    if (lastMs === undefined || this.#first === undefined || lastMs - this.#first < SHORT_WINDOW_MS) return undefined;
    const shortBps = this.#over(SHORT_WINDOW_MS, lastMs);
    const longBps = this.bitrateBps;
    return longBps === undefined || shortBps < FALL * longBps ? shortBps : Math.max(shortBps, longBps);
  }

  #over(windowMs: number, untilMs: number): number {
    const { timesMs, bytes } = this.#arrivals;
    let sum = 0;
    // The newest first: the others are older still.
    for (let i = this.#count - 1; i >= 0; i--) {
      const slot = this.#slot(i);
      if (untilMs - (timesMs[slot] as number) >= windowMs) break;
      sum += bytes[slot] as number;
    }
    return (sum * 8_000) / windowMs;
  }

  get #lastMs(): number | undefined {
    return this.#count === 0 ? undefined : this.#arrivals.timesMs[this.#slot(this.#count - 1)];
  }

  #slot(i: number): number {
    return (this.#from + i) & (this.#arrivals.bytes.length - 1);
  }

  #drop(): void {
    this.#from = this.#slot(1);
    this.#count--;
  }

  #grow(): void {
    const { timesMs, bytes } = this.#arrivals;
    const inOrder = (of: Float64Array) =>
      Float64Array.from({ length: 2 * of.length }, (_, i) => (i < of.length ? (of[this.#slot(i)] as number) : 0));
    this.#arrivals = { timesMs: inOrder(timesMs), bytes: inOrder(bytes) };
    this.#from = 0;
  }
}
