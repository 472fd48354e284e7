export interface LanePicture {
  rung: number;
  keyframe: boolean;
  /** It shows less than the viewer has seen: two encoders take their time each. */
  stale: boolean;
}

/** The rung that one viewer's pictures come from: it changes with a keyframe of the new one, and not before. */
export class Lane {
  wanted: number | undefined;
  #current: number | undefined;
  /** The rung whose keyframe was passed by for another. */
  #passedBy: number | undefined;

  get current(): number | undefined {
    return this.#current;
  }

  /** Its pictures come from this rung, or are to. */
  needs(rung: number): boolean {
    return rung === this.#current || rung === this.wanted;
  }

  /**
   * @returns whether the viewer is to have this picture; `another` for a keyframe that would take it back in time, so that
   *   one more is to be asked for. A second such is taken: to stay on the wrong rung is worse.
   */
  admits({ rung, keyframe, stale }: LanePicture): "yes" | "no" | "another" {
    if (rung === this.#current) return "yes";
    if (!keyframe || (rung !== this.wanted && this.#current !== undefined)) return "no";
    if (stale && this.#passedBy !== rung) {
      this.#passedBy = rung;
      return "another";
    }
    this.#current = rung;
    this.#passedBy = undefined;
    return "yes";
  }
}
