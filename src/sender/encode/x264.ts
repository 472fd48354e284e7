import { Codec, CodecContext, Dictionary, type Frame, Packet, Rational } from "node-av";
import { AV_PICTURE_TYPE_I, AV_PICTURE_TYPE_NONE, AV_PIX_FMT_YUV420P, FF_ENCODER_LIBX264 } from "node-av/constants";
import { SenderError } from "../errors.ts";
import { isForDecoder, splitAnnexB } from "./h264.ts";
import type { EncodedUnit, EncoderSettings } from "./unit.ts";

/**
 * How many frames' worth of bits the rate control may hold back. One shrinks keyframes most, but leaves 30 % of
 * the target unused; six use all of it.
 */
const VBV_FRAMES = 6;
/** Keyframes come when somebody needs one, not by the clock. */
const GOP_FRAMES = 1_000_000;

/** H.264 by libx264, one picture in and that picture out: no look-ahead, no reordering. */
export class X264Encoder implements Disposable {
  readonly settings: EncoderSettings;
  readonly #context: CodecContext;
  readonly #packet = new Packet();
  #count = 0n;

  private constructor(context: CodecContext, settings: EncoderSettings) {
    this.#context = context;
    this.settings = settings;
    this.#packet.alloc();
  }

  /** @throws SenderError `encoder-unusable` */
  static async open(settings: EncoderSettings, like: Frame): Promise<X264Encoder> {
    const codec = Codec.findEncoderByName(FF_ENCODER_LIBX264);
    if (!codec) throw new SenderError("camera", "encoder-unusable", "This FFmpeg has no libx264 encoder.");
    const context = new CodecContext();
    context.allocContext3(codec);
    const rate = new Rational(Math.round(settings.fps * 1_000), 1_000);
    context.width = settings.width;
    context.height = settings.height;
    context.pixelFormat = AV_PIX_FMT_YUV420P;
    context.timeBase = new Rational(rate.den, rate.num);
    context.framerate = rate;
    context.colorSpace = like.colorSpace;
    context.colorRange = like.colorRange;
    context.gopSize = GOP_FRAMES;
    context.maxBFrames = 0;
    applyBitrate(context, settings);
    using options = Dictionary.fromObject({ preset: "ultrafast", tune: "zerolatency", "forced-idr": "1" });
    const opened = await context.open2(codec, options);
    if (opened < 0) {
      context.freeContext();
      const { width, height, fps } = settings;
      throw new SenderError("camera", "encoder-unusable", `libx264 refuses ${width}x${height} at ${fps} fps.`);
    }
    return new X264Encoder(context, settings);
  }

  /**
   * Encodes one picture.
   * @returns `undefined` when the encoder gave nothing out for it
   */
  async encode(frame: Frame, options: { keyframe: boolean; capturedAtMs: number }): Promise<EncodedUnit | undefined> {
    frame.pts = this.#count++;
    frame.pictType = options.keyframe ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    const sent = await this.#context.sendFrame(frame);
    if (sent < 0) throw new SenderError("camera", "encoder-unusable", `libx264 failed on a picture (FFmpeg ${sent}).`);
    const packet = this.#packet;
    if ((await this.#context.receivePacket(packet)) !== 0) return undefined;
    const unit: EncodedUnit = {
      // Copied: the packet's memory goes back to FFmpeg.
      nals: splitAnnexB(Buffer.from(packet.data ?? [])).filter(isForDecoder),
      keyframe: packet.isKeyframe,
      capturedAtMs: options.capturedAtMs,
      encodedAtMs: performance.now(),
    };
    packet.unref();
    return unit;
  }

  /** Takes effect within about three frames downwards, nine upwards, without a keyframe. */
  setBitrate(bitrateBps: number): void {
    this.settings.bitrateBps = bitrateBps;
    applyBitrate(this.#context, this.settings);
  }

  [Symbol.dispose](): void {
    this.#context.freeContext();
    this.#packet.free();
  }
}

function applyBitrate(context: CodecContext, { bitrateBps, fps }: EncoderSettings): void {
  context.bitRate = BigInt(bitrateBps);
  context.rcMaxRate = BigInt(bitrateBps);
  context.rcBufferSize = Math.round((bitrateBps / fps) * VBV_FRAMES);
}
