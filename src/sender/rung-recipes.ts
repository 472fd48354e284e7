import { type EncoderRecipe, X264 } from "./encode/recipe.ts";

/** The first may be an accident: a session that another program is just giving back. */
const REFUSALS = 2;

/**
 * Which encoder each rung gets: hardware may take no picture of its size, or no further session, and then the rung is
 * encoded in software, for as long as it is there.
 */
export class RungRecipes {
  readonly #wanted: EncoderRecipe;
  readonly #refusals = new Map<number, number>();

  /** @param wanted for every rung that it does not refuse */
  constructor(wanted: EncoderRecipe) {
    this.#wanted = wanted;
  }

  of(rung: number): EncoderRecipe {
    return !this.#wanted.software && (this.#refusals.get(rung) ?? 0) >= REFUSALS ? X264 : this.#wanted;
  }

  /** What these are encoded by, or would be the next one: each by its name, once. */
  namesOf(rungs: readonly { id: number }[]): string[] {
    const recipes = rungs.length > 0 ? rungs.map(({ id }) => this.of(id)) : [this.#wanted];
    return [...new Set(recipes.map(({ name }) => name))];
  }

  /** It failed before it gave a picture. */
  refused(rung: number): void {
    this.#refusals.set(rung, (this.#refusals.get(rung) ?? 0) + 1);
  }

  /** It gave a picture. */
  worked(rung: number): void {
    if (this.of(rung) === this.#wanted) this.#refusals.delete(rung);
  }

  /** All but these are gone. */
  keep(rungs: readonly { id: number }[]): void {
    for (const rung of this.#refusals.keys()) if (!rungs.some(({ id }) => id === rung)) this.#refusals.delete(rung);
  }
}
