import { emptyPicture } from "./empty-picture.ts";
import { H264Encoder } from "./h264-encoder.ts";
import type { EncoderRecipe } from "./recipe.ts";
import { spareEncoder } from "./spare-encoder.ts";
import type { EncoderSettings } from "./unit.ts";

const PICTURES = 3;

/**
 * Encodes a few empty pictures, so that the encoder's library and the code around it are loaded before the first viewer
 * comes. A failure is nobody's concern here: it is said when it costs somebody the picture.
 */
export async function warmUpEncoder(recipe: EncoderRecipe, settings: EncoderSettings): Promise<void> {
  using picture = emptyPicture(settings.width, settings.height, recipe.pixelFormat);
  try {
    using unlessKept = new DisposableStack();
    const encoder = unlessKept.use(await H264Encoder.open(recipe, settings, picture));
    for (let i = 0; i < PICTURES; i++) await encoder.encode(picture, { keyframe: i === 0, capturedAtMs: 0 });
    unlessKept.move();
    spareEncoder.put(encoder);
  } catch {
    // The first viewer waits a little longer then.
  }
}
