import type { AVPixelFormat } from "node-av/constants";
import {
  AV_PIX_FMT_NV12,
  AV_PIX_FMT_YUV420P,
  FF_ENCODER_H264_AMF,
  FF_ENCODER_H264_NVENC,
  FF_ENCODER_H264_QSV,
  FF_ENCODER_H264_V4L2M2M,
  FF_ENCODER_LIBX264,
  type FFVideoEncoder,
} from "node-av/constants";
import type { BitrateChange } from "./bitrate-change.ts";

/** How one of FFmpeg's H.264 encoders is told to hold nothing back. */
export interface EncoderRecipe {
  /** As `--encoder` names it. */
  name: string;
  codec: FFVideoEncoder;
  pixelFormat: AVPixelFormat;
  options: Record<string, string>;
  /** Runs on the processors, so that one more takes nobody's. */
  software?: true;
  bitrateChange: BitrateChange;
  /** Encodes the slices of a picture side by side. */
  slices?: true;
  /** Asked for so much more, it gives what is wanted of it; absent: it does anyway. */
  firstCorrection?: number;
}

export const X264: EncoderRecipe = {
  name: "x264",
  codec: FF_ENCODER_LIBX264,
  pixelFormat: AV_PIX_FMT_YUV420P,
  // Without the tolerance its pictures' sizes differ by a third from one to the next, and each large one is a queue.
  options: { preset: "ultrafast", tune: "zerolatency", "forced-idr": "1", "x264-params": "ratetol=0.01" },
  software: true,
  bitrateChange: "free",
  firstCorrection: 1.18,
  slices: true,
};

/** Hardware, in the order in which `--encoder auto` tries it. None of these has been run by its makers here. */
export const HARDWARE: readonly EncoderRecipe[] = [
  {
    name: "nvenc",
    codec: FF_ENCODER_H264_NVENC,
    pixelFormat: AV_PIX_FMT_YUV420P,
    options: {
      preset: "p1",
      tune: "ull",
      profile: "baseline",
      rc: "cbr",
      delay: "0",
      zerolatency: "1",
      "forced-idr": "1",
    },
    // FFmpeg resets it, with an IDR picture, for any change (`reconfig_encoder` in its nvenc.c).
    bitrateChange: "keyframe",
  },
  {
    name: "qsv",
    codec: FF_ENCODER_H264_QSV,
    pixelFormat: AV_PIX_FMT_NV12,
    options: { preset: "veryfast", profile: "baseline", async_depth: "1", look_ahead: "0", forced_idr: "1" },
    // FFmpeg resets it too; what that costs we do not know.
    bitrateChange: "free",
  },
  {
    name: "amf",
    codec: FF_ENCODER_H264_AMF,
    pixelFormat: AV_PIX_FMT_NV12,
    options: { usage: "ultralowlatency", profile: "constrained_baseline", quality: "speed", forced_idr: "1" },
    bitrateChange: "reopen",
  },
  {
    name: "v4l2m2m",
    codec: FF_ENCODER_H264_V4L2M2M,
    pixelFormat: AV_PIX_FMT_YUV420P,
    options: { num_output_buffers: "4", num_capture_buffers: "4" },
    bitrateChange: "reopen",
  },
];

export const RECIPES: readonly EncoderRecipe[] = [X264, ...HARDWARE];
