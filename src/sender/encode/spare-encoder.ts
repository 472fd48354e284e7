import type { Frame } from "node-av";
import type { H264Encoder } from "./h264-encoder.ts";
import type { EncoderRecipe } from "./recipe.ts";
import type { EncoderSettings } from "./unit.ts";

/**
 * One encoder that nobody uses now, for whoever wants the same next: to open one takes as long as to encode several
 * pictures, and the first viewer waits for it. Never a hardware encoder, of which there may be few.
 */
export class SpareEncoder {
  #encoder: H264Encoder | undefined;

  /** Keeps it in place of the one before; whose it was does not use it any more. */
  put(encoder: H264Encoder): void {
    if (!encoder.recipe.software) {
      encoder[Symbol.dispose]();
      return;
    }
    this.#encoder?.[Symbol.dispose]();
    this.#encoder = encoder;
  }

  /** @returns one for pictures like this, at this bitrate, whose next picture is to be a keyframe */
  take(recipe: EncoderRecipe, settings: EncoderSettings, like: Frame): H264Encoder | undefined {
    const encoder = this.#encoder;
    if (!encoder?.fits(recipe, settings, like) || !encoder.setBitrate(settings.bitrateBps)) return undefined;
    this.#encoder = undefined;
    return encoder;
  }
}

export const spareEncoder = new SpareEncoder();
