/** A longer timer could overflow, and would then end at once. */
const LONGEST_MS = 3_600_000;

/** One timer, set anew each time; it may go off early. */
export class Alarm {
  readonly #callback: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(callback: () => void) {
    this.#callback = callback;
  }

  /** @param atMs `undefined` for never; of one clock with `nowMs` */
  set(atMs: number | undefined, nowMs: number): void {
    clearTimeout(this.#timer);
    if (atMs === undefined) return;
    const delayMs = Math.min(LONGEST_MS, Math.max(0, Math.ceil(atMs - nowMs)));
    this.#timer = setTimeout(this.#callback, delayMs);
  }
}
