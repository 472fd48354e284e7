interface Event {
  atMs: number;
  order: number;
  run: () => void;
}

/** Simulated time: what is due next happens next, and takes none. A binary heap; what is due at once keeps its order. */
export class Timeline {
  #heap: Event[] = [];
  #order = 0;
  #nowMs = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  at(atMs: number, run: () => void): void {
    const event = { atMs: Math.max(atMs, this.#nowMs), order: this.#order++, run };
    const heap = this.#heap;
    let i = heap.length;
    heap.push(event);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      const above = heap[parent];
      if (!above || !before(event, above)) break;
      heap[i] = above;
      i = parent;
    }
    heap[i] = event;
  }

  every(intervalMs: number, run: () => void, firstAtMs = this.#nowMs): void {
    this.at(firstAtMs, () => {
      run();
      this.every(intervalMs, run, firstAtMs + intervalMs);
    });
  }

  runUntil(endMs: number): void {
    for (let next = this.#heap[0]; next && next.atMs <= endMs; next = this.#heap[0]) {
      this.#removeFirst();
      this.#nowMs = next.atMs;
      next.run();
    }
    this.#nowMs = endMs;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let i = 0;
    for (;;) {
      const left = 2 * i + 1;
      const [a, b] = [heap[left], heap[left + 1]];
      if (!a) break;
      const [child, childIndex] = b && before(b, a) ? [b, left + 1] : [a, left];
      if (!before(child, last)) break;
      heap[i] = child;
      i = childIndex;
    }
    heap[i] = last;
  }
}

function before(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
