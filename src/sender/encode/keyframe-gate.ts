/** Closer together than this, keyframes would take the bits of the pictures between them. */
const MIN_INTERVAL_MS = 150;

/** When a keyframe is to be made: many who ask at once get one. `nowMs` is any clock that never goes back. */
export class KeyframeGate {
  #wanted = false;
  #lastAtMs = Number.NEGATIVE_INFINITY;

  request(): void {
    this.#wanted = true;
  }

  due(nowMs: number): boolean {
    return this.#wanted && nowMs - this.#lastAtMs >= MIN_INTERVAL_MS;
  }

  /** To be told of every keyframe, also of those that the encoder made by itself. */
  made(nowMs: number): void {
    this.#wanted = false;
    this.#lastAtMs = nowMs;
  }
}
