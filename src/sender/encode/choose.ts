import { cameraError } from "../errors.ts";
import { emptyPicture } from "./empty-picture.ts";
import { H264Encoder } from "./h264-encoder.ts";
import { type EncoderRecipe, HARDWARE, RECIPES, X264 } from "./recipe.ts";
import { givesAsAsked } from "./trial.ts";
import type { EncoderSettings } from "./unit.ts";

/** Small, and large enough for every hardware encoder. */
const TRIAL: EncoderSettings = { width: 640, height: 360, fps: 30, bitrateBps: 1_000_000 };
/** Two, so that also the second has to be one for whoever joins then. */
const KEYFRAMES = [true, false, true, false];

/**
 * The encoder that `--encoder` names, once it has encoded a few pictures; `auto` is the first hardware that does, and x264
 * where none does.
 * @param trial pictures that `auto` tries it with
 * @throws SenderError that says which encoders work on this machine
 */
export async function chooseEncoder(name: string, trial = TRIAL): Promise<EncoderRecipe> {
  if (name === X264.name) return X264;
  if (name === "auto") return (await firstThatWorks(HARDWARE, trial)) ?? X264;
  const recipe = RECIPES.find((each) => each.name === name);
  const fault = recipe ? await faultOf(recipe) : "There is none of that name.";
  if (recipe && fault === undefined) return recipe;
  const others = [];
  for (const other of HARDWARE) if (other !== recipe && (await works(other))) others.push(other.name);
  const usable = [X264.name, ...others].join(", ");
  throw cameraError(`The encoder ${name} does not work on this machine: ${fault} These do: ${usable}.`);
}

/** Whether it gives out each picture at once, keyframes when asked and no others, each to begin with. */
export async function works(recipe: EncoderRecipe, trial = TRIAL): Promise<boolean> {
  return (await faultOf(recipe, trial)) === undefined;
}

/** Why it does not, in a sentence; `undefined` where it does. */
export async function faultOf(recipe: EncoderRecipe, trial = TRIAL): Promise<string | undefined> {
  using picture = emptyPicture(trial.width, trial.height, recipe.pixelFormat);
  try {
    using encoder = await H264Encoder.open(recipe, trial, picture);
    const units = [];
    for (const keyframe of KEYFRAMES) units.push(await encoder.encode(picture, { keyframe, capturedAtMs: 0 }));
    if (givesAsAsked(units, KEYFRAMES)) return undefined;
    return `${recipe.codec} does not give out each picture at once, with a keyframe where one is asked for and nowhere else.`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** @param recipes in the order in which they are preferred */
export async function firstThatWorks(
  recipes: readonly EncoderRecipe[],
  trial: EncoderSettings,
): Promise<EncoderRecipe | undefined> {
  for (const recipe of recipes) if (await works(recipe, trial)) return recipe;
  return undefined;
}
