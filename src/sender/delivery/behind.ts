/** A thread that is so far behind has more viewers than it can serve. */
const BEHIND_MS = 500;

/**
 * What a thread leaves out that cannot keep up, so that delay and memory do not grow: a rung's pictures that waited too
 * long, and then all until its next keyframe, for which it asks once.
 */
export class Behind {
  /** Rungs whose next keyframe is waited for, and whether it was asked for since the last picture that was left out as late. */
  readonly #waiting = new Map<number, boolean>();

  /**
   * @param waitedMs since the picture was handed to this thread
   * @returns whether to send it; `ask` when not, and a keyframe is to be asked for
   */
  admits({ rung, keyframe }: { rung: number; keyframe: boolean }, waitedMs: number): "yes" | "no" | "ask" {
    if (waitedMs > BEHIND_MS) {
      // It may be the keyframe that was asked for.
      this.#waiting.set(rung, false);
      return "no";
    }
    const asked = this.#waiting.get(rung);
    if (asked === undefined || keyframe) {
      this.#waiting.delete(rung);
      return "yes";
    }
    this.#waiting.set(rung, true);
    return asked ? "no" : "ask";
  }

  /** These rungs are encoded; what is kept of others is forgotten. */
  setRungs(rungs: readonly number[]): void {
    for (const rung of this.#waiting.keys()) if (!rungs.includes(rung)) this.#waiting.delete(rung);
  }
}
