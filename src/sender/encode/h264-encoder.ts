import { Codec, CodecContext, Dictionary, FFmpegError, type Frame, Packet, Rational } from "node-av";
import { AV_PICTURE_TYPE_I, AV_PICTURE_TYPE_NONE, FF_THREAD_SLICE } from "node-av/constants";
import { formatFps } from "../../protocol/units.ts";
import { SenderError } from "../errors.ts";
import { BitrateCorrection } from "./bitrate-correction.ts";
import { isForDecoder, NAL, nalType, splitAnnexB } from "./h264.ts";
import { ParameterSets } from "./parameter-sets.ts";
import type { EncoderRecipe } from "./recipe.ts";
import { sliceCount } from "./slices.ts";
import { showAtOnce } from "./sps.ts";
import type { EncodedUnit, EncoderSettings } from "./unit.ts";

/**
 * How many frames' worth of bits the rate control may hold back: the most that a keyframe takes, and what a lower bitrate
 * waits for. What so few leave unused of the target is corrected for.
 */
const VBV_FRAMES = 3;
/** 30000/1001 is 29.97 to whoever rounds it. */
const FPS_ALIKE = 0.01;
/** Keyframes come when somebody needs one, not by the clock. */
const GOP_FRAMES = 1_000_000;

/** H.264 by one of FFmpeg's encoders, one picture in and that picture out: no look-ahead, no reordering. */
export class H264Encoder implements Disposable {
  readonly settings: EncoderSettings;
  readonly recipe: EncoderRecipe;
  readonly #context: CodecContext;
  readonly #packet = new Packet();
  readonly #correction: BitrateCorrection | undefined;
  readonly #sets = new ParameterSets();
  #count = 0n;

  private constructor(
    recipe: EncoderRecipe,
    context: CodecContext,
    settings: EncoderSettings,
    correction: BitrateCorrection | undefined,
  ) {
    this.#correction = correction;
    this.recipe = recipe;
    this.#context = context;
    this.settings = settings;
    this.#packet.alloc();
  }

  /** @throws SenderError `encoder-unusable` */
  static async open(recipe: EncoderRecipe, settings: EncoderSettings, like: Frame): Promise<H264Encoder> {
    const codec = Codec.findEncoderByName(recipe.codec);
    if (!codec) throw new SenderError("camera", "encoder-unusable", `This FFmpeg has no ${recipe.codec} encoder.`);
    const context = new CodecContext();
    context.allocContext3(codec);
    const rate = new Rational(Math.round(settings.fps * 1_000), 1_000);
    context.width = settings.width;
    context.height = settings.height;
    context.pixelFormat = recipe.pixelFormat;
    context.timeBase = new Rational(rate.den, rate.num);
    context.framerate = rate;
    context.colorSpace = like.colorSpace;
    context.colorRange = like.colorRange;
    context.gopSize = GOP_FRAMES;
    context.maxBFrames = 0;
    const correction = recipe.firstCorrection ? new BitrateCorrection(recipe.firstCorrection) : undefined;
    applyBitrate(context, settings, correction?.factor);
    if (recipe.slices) {
      // Frame threads would each hold a picture back.
      context.threadType = FF_THREAD_SLICE;
      context.threadCount = sliceCount(settings);
    }
    using options = Dictionary.fromObject(recipe.options);
    const opened = await context.open2(codec, options);
    if (opened < 0) {
      context.freeContext();
      const { width, height, fps } = settings;
      const why = FFmpegError.strerror(opened);
      const message = `${recipe.codec} refuses ${width}x${height} at ${formatFps(fps)} fps (FFmpeg: ${why}).`;
      throw new SenderError("camera", "encoder-unusable", message);
    }
    return new H264Encoder(recipe, context, settings, correction);
  }

  /** Whether it was opened for pictures like this, whatever their bitrate. */
  fits(recipe: EncoderRecipe, { width, height, fps }: EncoderSettings, like: Frame): boolean {
    const own = this.settings;
    const { colorSpace, colorRange } = this.#context;
    return (
      recipe === this.recipe &&
      width === own.width &&
      height === own.height &&
      Math.abs(fps - own.fps) < FPS_ALIKE &&
      like.colorSpace === colorSpace &&
      like.colorRange === colorRange
    );
  }

  /**
   * Encodes one picture.
   * @returns `undefined` when the encoder gave nothing out for it
   */
  async encode(frame: Frame, options: { keyframe: boolean; capturedAtMs: number }): Promise<EncodedUnit | undefined> {
    frame.pts = this.#count++;
    frame.pictType = options.keyframe ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    const sent = await this.#context.sendFrame(frame);
    if (sent < 0) {
      const message = `${this.recipe.codec} failed on a picture (FFmpeg ${sent}).`;
      throw new SenderError("camera", "encoder-unusable", message);
    }
    const packet = this.#packet;
    if ((await this.#receive(packet)) !== 0) return undefined;
    // Copied: the packet's memory goes back to FFmpeg.
    const nals = splitAnnexB(Buffer.from(packet.data ?? []))
      .filter(isForDecoder)
      .map((nal) => (nalType(nal) === NAL.sps ? showAtOnce(nal) : nal));
    const unit: EncodedUnit = {
      nals: this.#sets.complete(nals, packet.isKeyframe),
      keyframe: packet.isKeyframe,
      capturedAtMs: options.capturedAtMs,
      encodedAtMs: performance.now(),
    };
    packet.unref();
    this.#correct(unit);
    return unit;
  }

  /** What was encoded as it was sent is there already, and waits for no turn of a thread; hardware may have to be waited for. */
  #receive(packet: Packet): number | Promise<number> {
    return this.recipe.software ? this.#context.receivePacketSync(packet) : this.#context.receivePacket(packet);
  }

  /**
   * Takes effect within about three frames downwards, nine upwards; what it costs the recipe says.
   * @returns false when this encoder has to be opened anew for it
   */
  setBitrate(bitrateBps: number): boolean {
    if (this.recipe.bitrateChange === "reopen") return false;
    this.settings.bitrateBps = bitrateBps;
    applyBitrate(this.#context, this.settings, this.#correction?.factor);
    return true;
  }

  #correct({ nals, capturedAtMs }: EncodedUnit): void {
    const bytes = nals.reduce((sum, nal) => sum + nal.length, 0);
    const changed = this.#correction?.onPicture(bytes, this.settings, capturedAtMs);
    if (changed) applyBitrate(this.#context, this.settings, this.#correction?.factor);
  }

  [Symbol.dispose](): void {
    this.#context.freeContext();
    this.#packet.free();
  }
}

function applyBitrate(context: CodecContext, { bitrateBps, fps }: EncoderSettings, factor = 1): void {
  const askedBps = Math.round(bitrateBps * factor);
  context.bitRate = BigInt(askedBps);
  context.rcMaxRate = BigInt(askedBps);
  context.rcBufferSize = Math.round((askedBps / fps) * VBV_FRAMES);
}
