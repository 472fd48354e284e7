import { type Profiler, Session } from "node:inspector";

/** From one offset up to another, the latter not included. */
type Span = readonly [from: number, to: number];

/** For each function that ran, by its address, what of it did not. */
export type Taken = Map<string, { whole: Span; skipped: Span[] }>;

/**
 * What code has run, by V8's own precise coverage: the engine counts, so that sources run as they stand and nothing is
 * instrumented. To be made before the code is loaded: what was compiled before is counted by whole functions only.
 */
export class Coverage implements Disposable {
  readonly #session = new Session();

  constructor() {
    this.#session.connect();
    this.#session.post("Profiler.enable");
    this.#session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /**
   * @param covers parts of the addresses of the sources that count
   * @returns what ran since the last call
   */
  take(covers: readonly string[]): Taken {
    let answer: Profiler.TakePreciseCoverageReturnType | undefined;
    // The session is this thread's own, so that it answers before `post` returns.
    this.#session.post("Profiler.takePreciseCoverage", (_error, result) => {
      answer = result;
    });
    const taken: Taken = new Map();
    for (const { url, functions } of answer?.result ?? []) {
      if (!covers.some((part) => url.includes(part))) continue;
      for (const { ranges } of functions) {
        const [whole, ...blocks] = ranges;
        if (!whole || whole.count === 0) continue;
        // A block is named only where its count differs from what is around it.
        const skipped = blocks.filter(({ count }) => count === 0).map(spanOf);
        taken.set(`${url}:${whole.startOffset}:${whole.endOffset}`, { whole: spanOf(whole), skipped });
      }
    }
    return taken;
  }

  [Symbol.dispose](): void {
    this.#session.disconnect();
  }
}

/** What has run so far, and what of it never did. */
export class Progress {
  readonly #skipped = new Map<string, Span[]>();
  #characters = 0;

  /** How many characters of the sources have run; nested functions count for themselves and their surroundings. */
  get characters(): number {
    return this.#characters;
  }

  isNews(taken: Taken): boolean {
    return [...taken].some(([name, { whole, skipped }]) => {
      const before = this.#skipped.get(name) ?? [whole];
      return length(common(before, skipped)) < length(before);
    });
  }

  /** @returns whether anything ran that never had before */
  learn(taken: Taken): boolean {
    const before = this.#characters;
    for (const [name, { whole, skipped }] of taken) {
      const known = this.#skipped.get(name) ?? [whole];
      const left = common(known, skipped);
      this.#characters += length(known) - length(left);
      this.#skipped.set(name, left);
    }
    return this.#characters > before;
  }
}

function spanOf({ startOffset, endOffset }: Profiler.CoverageRange): Span {
  return [startOffset, endOffset];
}

function length(spans: readonly Span[]): number {
  return spans.reduce((sum, [from, to]) => sum + to - from, 0);
}

/** What stands in both lists, neither of which overlaps itself. */
function common(some: readonly Span[], others: readonly Span[]): Span[] {
  return some.flatMap(([from, to]) =>
    others.flatMap(([otherFrom, otherTo]): Span[] => {
      const both: Span = [Math.max(from, otherFrom), Math.min(to, otherTo)];
      return both[0] < both[1] ? [both] : [];
    }),
  );
}
