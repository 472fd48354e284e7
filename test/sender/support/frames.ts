import { Frame } from "node-av";
import { AV_PIX_FMT_YUV420P, type AVPixelFormat } from "node-av/constants";

/** A frame with memory of its own, not yet drawn. */
export function emptyFrame(width: number, height: number, format: AVPixelFormat = AV_PIX_FMT_YUV420P): Frame {
  const frame = new Frame();
  frame.alloc();
  frame.format = format;
  frame.width = width;
  frame.height = height;
  frame.getBuffer();
  return frame;
}

/** Fills whole planes, one byte value each. */
export function fillPlanes(frame: Frame, ...values: number[]): Frame {
  values.forEach((value, i) => {
    frame.data?.[i]?.fill(value);
  });
  return frame;
}

/** Grey noise that no encoder predicts; the same for the same seed. */
export function noiseFrame(width: number, height: number, seed: number): Frame {
  const frame = fillPlanes(emptyFrame(width, height), 128, 128, 128);
  const [luma] = frame.data ?? [];
  let state = seed * 2_654_435_761 + 1;
  for (let i = 0; luma && i < luma.length; i++) {
    state = Math.imul(state, 1_664_525) + 1_013_904_223;
    luma[i] = 16 + ((state >>> 24) % 220);
  }
  return frame;
}

/** A flat picture whose brightness names it. */
export function flatFrame(width: number, height: number, luma: number): Frame {
  return fillPlanes(emptyFrame(width, height), luma, 128, 128);
}

export function lumaAt(frame: Frame, x: number, y: number): number {
  return frame.data?.[0]?.[y * (frame.linesize[0] ?? 0) + x] ?? -1;
}
