import { Encoder, type Frame, Muxer, Rational } from "node-av";
import { FF_ENCODER_LIBX264, FF_ENCODER_MPEG4 } from "node-av/constants";
import { flatFrame } from "./frames.ts";

export interface ClipOptions {
  /** One flat picture each, by its brightness. */
  lumas: number[];
  fps: number;
  width?: number;
  height?: number;
  /** With B pictures a decoder gives its last pictures out only when it is told that no more come. */
  bFrames?: number;
  codec?: "h264" | "mpeg4";
  /** The first picture's timestamp, in frames; some recordings do not begin at zero. */
  firstPts?: number;
  /** A pixel's width by its height. */
  sampleAspectRatio?: [num: number, den: number];
  /** Draws over the flat picture. */
  draw?: (frame: Frame) => void;
}

/** Writes a video file with FFmpeg's own encoder and muxer; the file's ending chooses the container. */
export async function writeClip(path: string, options: ClipOptions): Promise<void> {
  const {
    lumas,
    fps,
    width = 160,
    height = 90,
    bFrames = 0,
    codec = "h264",
    firstPts = 0,
    sampleAspectRatio,
    draw,
  } = options;
  using encoder = await Encoder.create(codec === "h264" ? FF_ENCODER_LIBX264 : FF_ENCODER_MPEG4, {
    bitrate: 500_000,
    gopSize: 12,
    maxBFrames: bFrames,
    ...(codec === "h264" ? { options: { preset: "ultrafast", bf: bFrames } } : {}),
  });
  await using muxer = await Muxer.open(path);
  const stream = muxer.addStream(encoder);
  const drain = async () => {
    for (let packet = await encoder.receive(); packet && "pts" in packet; packet = await encoder.receive()) {
      await muxer.writePacket(packet, stream);
      packet.free();
    }
  };
  for (const [i, luma] of lumas.entries()) {
    const frame = flatFrame(width, height, luma);
    frame.pts = BigInt(firstPts + i);
    draw?.(frame);
    if (sampleAspectRatio) frame.sampleAspectRatio = new Rational(...sampleAspectRatio);
    frame.timeBase = fps < 1 ? new Rational(1 / fps, 1) : new Rational(1, fps);
    await encoder.encode(frame);
    frame.free();
    await drain();
  }
  await encoder.flush();
  await drain();
}
