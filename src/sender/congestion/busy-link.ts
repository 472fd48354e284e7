/** Fewer packets, or a shorter time, may be chance. */
const PACKETS_MIN = 5;
const SPAN_MS = 50;
/** A viewer's clock may stand still. */
const PACKETS_MAX = 256;
/** They came evenly if no gap takes more than its share of so many: a stall is one long gap, a slow link makes them all longer. */
const EVEN_GAPS = 3;

/** They left in less than this share of the time in which they came: beside another flow, whose packets come between, they would not. */
const SENT_SHARE = 0.5;

interface Arrival {
  sentAtMs: number;
  arrivalMs: number;
  bytes: number;
}

/**
 * What the link carries, measured on packets that stood in its queue one behind the other: their distances are the
 * link's own. On a link that has become slow a picture takes a tenth of a second to come in, and nobody should wait for
 * its end to learn that.
 */
export class BusyLink {
  readonly #arrivals: Arrival[] = [];

  /**
   * Received packets come in the order of their arrival.
   * @param leastDelayMs of the way without a queue: viewer's clock less sender's clock, as `arrivalMs` less `sentAtMs`
   */
  push(sentAtMs: number, arrivalMs: number, bytes: number, leastDelayMs: number): void {
    const before = this.#arrivals.at(-1);
    const waited = before !== undefined && sentAtMs + leastDelayMs <= before.arrivalMs && arrivalMs >= before.arrivalMs;
    const first = this.#arrivals[0];
    if (!waited && first) {
      // Nearly every packet: none is made for it.
      this.#arrivals.length = 1;
      first.sentAtMs = sentAtMs;
      first.arrivalMs = arrivalMs;
      first.bytes = bytes;
      return;
    }
    this.#arrivals.push({ sentAtMs, arrivalMs, bytes });
    while (this.#arrivals.length > PACKETS_MIN && this.#hasTooMany(arrivalMs)) this.#arrivals.shift();
  }

  #hasTooMany(arrivalMs: number): boolean {
    const [, second] = this.#arrivals;
    return this.#arrivals.length > PACKETS_MAX || arrivalMs - (second?.arrivalMs ?? arrivalMs) >= SPAN_MS;
  }

  /** Of the last packets, as few as took 50 ms; `undefined` when the link was not busy, or stalled. */
  get bitrateBps(): number | undefined {
    const [first, last] = [this.#arrivals[0], this.#arrivals.at(-1)];
    if (!first || !last || this.#arrivals.length < PACKETS_MIN) return undefined;
    const spanMs = last.arrivalMs - first.arrivalMs;
    if (spanMs < SPAN_MS || last.sentAtMs - first.sentAtMs > SENT_SHARE * spanMs) return undefined;
    const gapsMs = this.#arrivals.slice(1).map(({ arrivalMs }, i) => arrivalMs - (this.#arrivals[i]?.arrivalMs ?? 0));
    if (Math.max(...gapsMs) > spanMs / EVEN_GAPS) return undefined;
    const bytes = this.#arrivals.reduce((sum, arrival) => sum + arrival.bytes, -first.bytes);
    return (bytes * 8_000) / spanMs;
  }
}
