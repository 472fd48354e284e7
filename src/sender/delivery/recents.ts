import { type PackedPicture, Recent } from "./recent.ts";

/** The last keyframe of each rung, and what followed. */
export class Recents {
  readonly #recents = new Map<number, Recent>();

  add(picture: PackedPicture): void {
    const recent = this.#recents.get(picture.rung) ?? new Recent();
    this.#recents.set(picture.rung, recent);
    recent.add(picture);
  }

  /** See {@link Recent.at}. */
  at(rung: number, nowMs: number): readonly PackedPicture[] {
    return this.#recents.get(rung)?.at(nowMs) ?? [];
  }

  /** Forgets the rungs that stand no more. */
  keep(rungs: readonly number[]): void {
    for (const rung of this.#recents.keys()) if (!rungs.includes(rung)) this.#recents.delete(rung);
  }
}
