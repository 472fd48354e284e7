/** Closer together than this, keyframes would take the bits of the pictures between them. */
const MIN_INTERVAL_MS = 150;
/** So many repairs at once; then one a second, however many viewers of the rung are in trouble. */
const REPAIRS = 3;
const REPAIR_INTERVAL_MS = 1_000;

/**
 * Why a keyframe is wanted. `unseen`: nobody got the last one. `join`: a viewer comes, from another rung perhaps, and has
 * no picture before it. `repair`: a viewer's decoder, or what goes to it, lost the thread.
 */
export type KeyframeNeed = "unseen" | "join" | "repair";

/** When a keyframe is to be made: many who ask at once get one. `nowMs` is any clock that never goes back. */
export class KeyframeGate {
  #joins = false;
  #repairs = false;
  #lastAtMs = Number.NEGATIVE_INFINITY;
  /** When all repairs would be there to be had again. */
  #repairsPaidAtMs = Number.NEGATIVE_INFINITY;

  request(need: KeyframeNeed): void {
    if (need === "repair") this.#repairs = true;
    else this.#joins = true;
    if (need === "unseen") this.#lastAtMs = Number.NEGATIVE_INFINITY;
  }

  /** How long until a keyframe that is wanted may be made, milliseconds; `undefined` while none is wanted. */
  waitMs(nowMs: number): number | undefined {
    if (!this.#joins && !this.#repairs) return undefined;
    const apartAtMs = this.#lastAtMs + MIN_INTERVAL_MS;
    const repairAtMs = this.#repairsPaidAtMs - (REPAIRS - 1) * REPAIR_INTERVAL_MS;
    return Math.max(0, (this.#joins ? apartAtMs : Math.max(apartAtMs, repairAtMs)) - nowMs);
  }

  due(nowMs: number): boolean {
    return this.waitMs(nowMs) === 0;
  }

  /** To be told of every keyframe, also of those that the encoder made by itself. */
  made(nowMs: number): void {
    const forRepairAlone = !this.#joins && this.#repairs;
    if (forRepairAlone) this.#repairsPaidAtMs = Math.max(this.#repairsPaidAtMs, nowMs) + REPAIR_INTERVAL_MS;
    this.#joins = false;
    this.#repairs = false;
    this.#lastAtMs = nowMs;
  }
}
