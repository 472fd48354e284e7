/** Closer together than this, keyframes would take the bits of the pictures between them. */
const MIN_INTERVAL_MS = 150;

/** When a keyframe is to be made: many who ask at once get one. `nowMs` is any clock that never goes back. */
export class KeyframeGate {
  #wanted = false;
  #lastAtMs = Number.NEGATIVE_INFINITY;

  /** @param atOnce however short a while ago the last one was, for nobody got it */
  request(atOnce = false): void {
    this.#wanted = true;
    if (atOnce) this.#lastAtMs = Number.NEGATIVE_INFINITY;
  }

  /** How long until a keyframe that is wanted may be made, milliseconds; `undefined` while none is wanted. */
  waitMs(nowMs: number): number | undefined {
    return this.#wanted ? Math.max(0, this.#lastAtMs + MIN_INTERVAL_MS - nowMs) : undefined;
  }

  due(nowMs: number): boolean {
    return this.waitMs(nowMs) === 0;
  }

  /** To be told of every keyframe, also of those that the encoder made by itself. */
  made(nowMs: number): void {
    this.#wanted = false;
    this.#lastAtMs = nowMs;
  }
}
