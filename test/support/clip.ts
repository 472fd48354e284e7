import { Encoder, Frame, Log, Muxer } from "node-av";
import { AV_LOG_QUIET, AV_PIX_FMT_YUV420P, FF_ENCODER_LIBX264 } from "node-av/constants";
import { drawBackground, drawMoving } from "../../src/sender/capture/pattern-picture.ts";
import type { Picture } from "../../src/sender/capture/picture.ts";

/** What the clip's stamps begin with: a time long gone, so that nobody takes them for live. */
export const CLIP_EPOCH_MS = 1_000_000_000_000;

/** Writes a real H.264 file whose every picture carries a stamp; its counter starts at 0 with each loop. */
export async function makeClip(path: string, { width = 640, height = 360, fps = 30, seconds = 3 } = {}): Promise<void> {
  Log.setLevel(AV_LOG_QUIET);
  await using muxer = await Muxer.open(path);
  using encoder = await Encoder.create(FF_ENCODER_LIBX264, {
    bitrate: 1_500_000,
    gopSize: fps,
    // Reordered pictures are what a file from elsewhere has.
    maxBFrames: 2,
    options: { preset: "veryfast" },
  });
  const stream = muxer.addStream(encoder);
  for (let i = 0; i < fps * seconds; i++) {
    const frame = new Frame();
    frame.alloc();
    frame.format = AV_PIX_FMT_YUV420P;
    frame.width = width;
    frame.height = height;
    frame.timeBase = { num: 1, den: fps } as Frame["timeBase"];
    frame.pts = BigInt(i);
    frame.getBuffer();
    const [y, u, v] = frame.data ?? [];
    const [ys = 0, us = 0, vs = 0] = frame.linesize;
    if (!y || !u || !v) throw new Error("a frame without planes");
    const picture: Picture = { width, height, planes: [y, u, v], strides: [ys, us, vs] };
    drawBackground(picture);
    drawMoving(picture, { drawnAtMs: CLIP_EPOCH_MS + Math.round((i * 1_000) / fps), counter: i }, fps);
    for (const packet of await encoder.encodeAll(frame)) if (packet) await muxer.writePacket(packet, stream);
    frame.free();
  }
  for (const packet of await encoder.encodeAll(null)) if (packet) await muxer.writePacket(packet, stream);
}
