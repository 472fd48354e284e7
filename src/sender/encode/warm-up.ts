import { Frame } from "node-av";
import { AV_PIX_FMT_YUV420P, AVCOL_RANGE_MPEG, AVCOL_SPC_SMPTE170M } from "node-av/constants";
import type { EncoderSettings } from "./unit.ts";
import { X264Encoder } from "./x264.ts";

const PICTURES = 3;

/**
 * Encodes a few empty pictures, so that the encoder's library and the code around it are loaded before the first viewer
 * comes. A failure is nobody's concern here: it is said when it costs somebody the picture.
 */
export async function warmUpEncoder(settings: EncoderSettings): Promise<void> {
  using frame = new Frame();
  try {
    frame.alloc();
    frame.format = AV_PIX_FMT_YUV420P;
    frame.width = settings.width;
    frame.height = settings.height;
    frame.colorSpace = AVCOL_SPC_SMPTE170M;
    frame.colorRange = AVCOL_RANGE_MPEG;
    frame.getBuffer();
    using encoder = await X264Encoder.open(settings, frame);
    for (let i = 0; i < PICTURES; i++) await encoder.encode(frame, { keyframe: i === 0, capturedAtMs: 0 });
  } catch {
    // The first viewer waits a little longer then.
  }
}
