import { Frame } from "node-av";
import { inSquarePixels } from "../square-pixels.ts";
import { bitrateStep } from "./bitrate-change.ts";
import { Converter, fitInside } from "./converter.ts";
import { H264Encoder } from "./h264-encoder.ts";
import { KeyframeGate, type KeyframeNeed } from "./keyframe-gate.ts";
import type { EncoderRecipe } from "./recipe.ts";
import { spareEncoder } from "./spare-encoder.ts";
import type { EncodedUnit, EncoderSettings } from "./unit.ts";

export interface EncodingOptions {
  encoder: EncoderRecipe;
  /** Their size is the greatest; the picture keeps its shape. */
  settings: EncoderSettings;
  onUnit(unit: EncodedUnit): void;
  onError(error: unknown): void;
  /** A newer picture came before there was time for this one. */
  onDrop?(): void;
}

/**
 * Encodes the newest picture, one at a time. A picture that comes while another is being encoded waits; a newer one
 * takes its place, so that a slow encoder costs frame rate, never delay.
 */
export class Encoding implements AsyncDisposable {
  readonly #options: EncodingOptions;
  readonly #gate = new KeyframeGate();
  readonly #latest = new Frame();
  #latestAtMs = 0;
  #fresh = false;
  #encoder: H264Encoder | undefined;
  /** When it was opened, or last told a bitrate. */
  #toldAtMs = 0;
  #converter: Converter | undefined;
  #settings: EncoderSettings;
  #shape = "";
  #running: Promise<void> | undefined;
  #keyframeTimer: NodeJS.Timeout | undefined;
  #disposed = false;

  constructor(options: EncodingOptions) {
    this.#options = options;
    this.#settings = options.settings;
    this.#latest.alloc();
  }

  /** Takes a reference to the frame; the caller may go on with its own. */
  offer(frame: Frame, capturedAtMs: number): void {
    if (this.#disposed) return;
    if (this.#fresh) this.#options.onDrop?.();
    this.#hold(frame, capturedAtMs);
    this.#fresh = true;
    this.#wake();
  }

  /** Not to be encoded, unless a keyframe is wanted before the next is offered: that shows nothing older than this. */
  keep(frame: Frame, capturedAtMs: number): void {
    if (!this.#disposed && !this.#fresh) this.#hold(frame, capturedAtMs);
  }

  #hold(frame: Frame, capturedAtMs: number): void {
    this.#latest.unref();
    this.#latest.ref(frame);
    this.#latestAtMs = capturedAtMs;
  }

  /** Makes the next picture a keyframe; the last one is encoded again at once rather than waited for its successor. */
  requestKeyframe(need: KeyframeNeed): void {
    this.#gate.request(need);
    this.#wake();
  }

  /**
   * A new bitrate is followed at once where that costs nothing, else when it is worth it; a new size or rate with the next
   * picture, which is then a keyframe.
   */
  configure(settings: EncoderSettings): void {
    this.#settings = settings;
    const encoder = this.#encoder;
    if (!encoder) return;
    const change = { fromBps: encoder.settings.bitrateBps, toBps: settings.bitrateBps };
    const nowMs = performance.now();
    const step = bitrateStep(encoder.recipe.bitrateChange, change, nowMs - this.#toldAtMs);
    if (step === "leave") return;
    if (step === "reopen" || !encoder.setBitrate(settings.bitrateBps)) this.#shape = "";
    this.#toldAtMs = nowMs;
  }

  #wake(): void {
    if (this.#running || this.#disposed || this.#latest.width === 0) return;
    this.#running = this.#run().then((well) => {
      this.#running = undefined;
      // One that came after the loop had looked, but before this, woke nobody.
      if (this.#fresh) this.#wake();
      else if (well) this.#awaitKeyframe();
    });
  }

  /** A keyframe that is wanted too soon after another is made when its time comes, not with some later picture. */
  #awaitKeyframe(): void {
    clearTimeout(this.#keyframeTimer);
    const waitMs = this.#gate.waitMs(performance.now());
    if (waitMs === undefined || this.#disposed) return;
    this.#keyframeTimer = setTimeout(() => this.#wake(), Math.ceil(waitMs));
  }

  /** @returns whether all went well; never rejects */
  async #run(): Promise<boolean> {
    const frame = new Frame();
    frame.alloc();
    try {
      while (!this.#disposed && (this.#fresh || this.#gate.due(performance.now()))) {
        const repeated = !this.#fresh;
        this.#fresh = false;
        frame.unref();
        frame.ref(this.#latest);
        await this.#encode(frame, repeated ? performance.now() : this.#latestAtMs);
      }
      return true;
    } catch (error) {
      // One that failed is nobody's next.
      this.#encoder?.[Symbol.dispose]();
      this.#encoder = undefined;
      this.#options.onError(error);
      return false;
    } finally {
      frame.free();
    }
  }

  async #encode(frame: Frame, capturedAtMs: number): Promise<void> {
    const picture = await this.#converterFor(frame).convert(frame);
    const begins = !this.#encoder;
    const encoder = await this.#encoderFor(picture);
    const keyframe = begins || this.#gate.due(performance.now());
    const unit = await encoder.encode(picture, { keyframe, capturedAtMs });
    if (!unit || this.#disposed) return;
    if (unit.keyframe) this.#gate.made(performance.now());
    this.#options.onUnit(unit);
  }

  #converterFor(frame: Frame): Converter {
    const size = fitInside(inSquarePixels(frame), this.#settings);
    const shape = `${frame.width}x${frame.height} to ${size.width}x${size.height} at ${this.#settings.fps}`;
    if (this.#converter && shape === this.#shape) return this.#converter;
    this.#free();
    this.#converter = new Converter(size.width, size.height, this.#options.encoder.pixelFormat);
    this.#shape = shape;
    return this.#converter;
  }

  /** @param picture as it comes out of the converter, whose colours are not always the camera's */
  async #encoderFor(picture: Frame): Promise<H264Encoder> {
    const { width, height } = picture;
    const { fps, bitrateBps } = this.#settings;
    const settings = { width, height, fps, bitrateBps };
    if (this.#encoder) return this.#encoder;
    this.#toldAtMs = performance.now();
    this.#encoder = spareEncoder.take(this.#options.encoder, settings, picture);
    this.#encoder ??= await H264Encoder.open(this.#options.encoder, settings, picture);
    return this.#encoder;
  }

  #free(): void {
    if (this.#encoder) spareEncoder.put(this.#encoder);
    this.#converter?.[Symbol.dispose]();
    this.#encoder = undefined;
    this.#converter = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    clearTimeout(this.#keyframeTimer);
    await this.#running;
    this.#free();
    this.#latest.free();
  }
}
