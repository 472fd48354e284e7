/** Cameras jitter: from so much before a picture is due, its device is asked again and again. */
const EARLY_SHARE = 0.1;
const EARLY_MS = 3;
const SOON_MS = 1;
/** What is late by more than one picture, which may have been lost, may be long in coming. */
const LATE_PICTURES = 2.5;
const LATE_MS = 10;
/** What came more slowly may come faster at any time. */
const SLOW_MS = 250;

/**
 * When to ask a device again that has no picture yet, so that a picture is not kept waiting, nor a core kept busy: nothing
 * tells when one is there, and each question takes a turn of a thread. Pure: the time comes from outside.
 */
export class DeviceClock {
  readonly #announcedMs: number;
  /** Of the last three pictures, the newest last. */
  #times: [number, number, number];

  /**
   * @param fps what the device said
   * @param nowMs of any clock that never goes back
   */
  constructor(fps: number, nowMs: number) {
    this.#announcedMs = 1_000 / fps;
    this.#times = [nowMs - 2 * this.#announcedMs, nowMs - this.#announcedMs, nowMs];
  }

  /** It gave a picture. */
  gave(nowMs: number): void {
    this.#times = [this.#times[1], this.#times[2], nowMs];
  }

  /** @returns after how many milliseconds to ask again, where it has just said that it has none */
  waitMs(nowMs: number): number {
    const [first, second, last] = this.#times;
    // The shorter of the last two: a picture that was lost says nothing of the next.
    const intervalMs = Math.min(second - first, last - second, Math.max(this.#announcedMs, SLOW_MS));
    // Nor one that was late.
    const dueAtMs = Math.min(last + intervalMs, second + 2 * intervalMs);
    const soonMs = dueAtMs - intervalMs * EARLY_SHARE - EARLY_MS - nowMs;
    if (soonMs > SOON_MS) return soonMs;
    return nowMs - last < LATE_PICTURES * Math.max(intervalMs, this.#announcedMs) ? SOON_MS : LATE_MS;
  }
}
