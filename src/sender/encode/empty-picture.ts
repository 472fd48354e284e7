import { Frame } from "node-av";
import { AVCOL_RANGE_MPEG, AVCOL_SPC_SMPTE170M, type AVPixelFormat } from "node-av/constants";

/** A picture of nothing in particular, to try an encoder with. The caller frees it. */
export function emptyPicture(width: number, height: number, format: AVPixelFormat): Frame {
  const frame = new Frame();
  frame.alloc();
  frame.format = format;
  frame.width = width;
  frame.height = height;
  frame.colorSpace = AVCOL_SPC_SMPTE170M;
  frame.colorRange = AVCOL_RANGE_MPEG;
  frame.getBuffer();
  return frame;
}
