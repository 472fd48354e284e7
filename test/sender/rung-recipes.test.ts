import { describe, expect, it } from "vitest";
import { type EncoderRecipe, HARDWARE, X264 } from "../../src/sender/encode/recipe.ts";
import { RungRecipes } from "../../src/sender/rung-recipes.ts";

const [NVENC] = HARDWARE as [EncoderRecipe];

/** What happens to rung 1: refused, worked, or gone. */
function recipesAfter(events: string, wanted: EncoderRecipe): RungRecipes {
  const recipes = new RungRecipes(wanted);
  for (const event of events) {
    if (event === "r") recipes.refused(1);
    else if (event === "w") recipes.worked(1);
    else recipes.keep([{ id: 2 }]);
  }
  return recipes;
}

describe("a rung's encoder", () => {
  it.each([
    ["is the hardware that is wanted", "", NVENC],
    ["is it still after one refusal", "r", NVENC],
    ["is x264 after two", "rr", X264],
    ["is x264 from then on, though that works", "rrw", X264],
    ["is the hardware where the one refusal was an accident", "rwr", NVENC],
    ["is the hardware for the next rung", "rrg", NVENC],
  ])("%s", (_, events, recipe) => {
    const recipes = recipesAfter(events, NVENC);
    expect(recipes.of(1)).toBe(recipe);
    expect(recipes.of(2)).toBe(NVENC);
  });

  it.each([
    ["that is wanted, while there is no rung", "rr", [], ["nvenc"]],
    ["of all rungs, once", "", [1, 2], ["nvenc"]],
    ["that stands in", "rr", [1], ["x264"]],
    ["beside the one that stands in", "rr", [1, 2], ["x264", "nvenc"]],
  ])("is named: the one %s", (_, events, rungs, names) => {
    expect(recipesAfter(events, NVENC).namesOf(rungs.map((id) => ({ id })))).toEqual(names);
  });

  it("is x264 as it was wanted, however often that fails", () => {
    const own = { ...X264 };
    expect(recipesAfter("rrr", own).of(1)).toBe(own);
  });
});
