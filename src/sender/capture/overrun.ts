const WINDOW_MS = 2_000;
const TOO_MANY = 1.2;

interface Window {
  pictures: number;
  lengthMs: number;
}

/** Notices a camera that gives far more pictures than it said that it would, as some network cameras do. */
export class Overrun {
  readonly #mostPerMs: number;
  #startMs: number | undefined;
  #count = 0;
  #before: Window | undefined;
  #isOver = false;

  /** @param fps what it said */
  constructor(fps: number) {
    this.#mostPerMs = (fps * TOO_MANY) / 1_000;
  }

  /**
   * To be told of every picture.
   * @returns whether there were too many of late
   */
  update(capturedAtMs: number): boolean {
    this.#startMs ??= capturedAtMs;
    const lengthMs = capturedAtMs - this.#startMs;
    if (lengthMs >= WINDOW_MS) this.#close({ pictures: this.#count, lengthMs }, capturedAtMs);
    this.#count++;
    return this.#isOver;
  }

  /** What comes at once after a gap is counted against the gap, too, though that was in the window before. */
  #close(window: Window, nowMs: number): void {
    const { pictures, lengthMs } = this.#before ?? window;
    const both = { pictures: pictures + window.pictures, lengthMs: lengthMs + window.lengthMs };
    this.#isOver = this.#hasTooMany(window) && this.#hasTooMany(both);
    this.#before = window;
    this.#startMs = nowMs;
    this.#count = 0;
  }

  #hasTooMany({ pictures, lengthMs }: Window): boolean {
    return pictures > lengthMs * this.#mostPerMs;
  }
}
