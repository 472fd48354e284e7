/** The rung that one viewer's pictures come from: it changes with a keyframe of the new one, and not before. */
export class Lane {
  wanted: number | undefined;
  #current: number | undefined;

  get current(): number | undefined {
    return this.#current;
  }

  /** @returns whether the viewer is to have this picture */
  admits(rung: number, keyframe: boolean): boolean {
    if (rung === this.#current) return true;
    const change = keyframe && (rung === this.wanted || this.#current === undefined);
    if (change) this.#current = rung;
    return change;
  }
}
