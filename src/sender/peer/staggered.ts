export interface Attempt<T> {
  /** How long after the first one it begins; at once when all before it have failed. */
  afterMs: number;
  /** @param signal aborted when its outcome is of no use any more */
  run(signal: AbortSignal): Promise<T>;
}

/**
 * Tries several ways to the same end, each a little after the one before, and takes the first that works: as RFC 8305
 * does with addresses. What succeeds after that is given to `discard`.
 * @returns `undefined` when nothing worked, or `signal` was aborted first
 */
export async function firstToSucceed<T>(
  attempts: readonly Attempt<T>[],
  discard: (late: T) => void,
  signal: AbortSignal,
): Promise<T | undefined> {
  if (attempts.length === 0) return undefined;
  const waiting = [...attempts].sort((a, b) => a.afterMs - b.afterMs);
  const done = new AbortController();
  const { promise, resolve } = Promise.withResolvers<T | undefined>();
  const startedAtMs = performance.now();
  let running = 0;
  let timer: NodeJS.Timeout | undefined;
  const settle = (outcome: T | undefined) => {
    clearTimeout(timer);
    done.abort();
    resolve(outcome);
  };
  const next = () => {
    clearTimeout(timer);
    if (done.signal.aborted) return;
    const [coming] = waiting;
    if (!coming) {
      if (running === 0) settle(undefined);
      return;
    }
    const dueInMs = startedAtMs + coming.afterMs - performance.now();
    if (running > 0 && dueInMs > 0) {
      timer = setTimeout(next, dueInMs);
      return;
    }
    waiting.shift();
    start(coming);
    next();
  };
  const start = (attempt: Attempt<T>) => {
    running++;
    attempt.run(done.signal).then(
      (outcome) => (done.signal.aborted ? discard(outcome) : settle(outcome)),
      () => {
        running--;
        next();
      },
    );
  };
  signal.addEventListener("abort", () => settle(undefined), { once: true });
  if (signal.aborted) settle(undefined);
  else next();
  return promise;
}
