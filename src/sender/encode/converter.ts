import { Frame, SoftwareScaleContext } from "node-av";
import {
  AV_PIX_FMT_YUV420P,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_RGB,
  AVCOL_SPC_SMPTE170M,
  type AVPixelFormat,
} from "node-av/constants";

/** Turns any picture into one format and size; a picture that already is that passes through untouched. */
export class Converter implements Disposable {
  readonly #width: number;
  readonly #height: number;
  readonly #format: AVPixelFormat;
  readonly #out = new Frame();
  #scaler: SoftwareScaleContext | undefined;
  #source = "";

  /** @param format of what comes out: 4:2:0 in three planes, or what the encoder takes */
  constructor(width: number, height: number, format: AVPixelFormat = AV_PIX_FMT_YUV420P) {
    this.#format = format;
    this.#width = width;
    this.#height = height;
    this.#out.alloc();
  }

  /** @returns the frame itself, or the converter's own, valid until the next call */
  async convert(frame: Frame): Promise<Frame> {
    if (frame.format === this.#format && frame.width === this.#width && frame.height === this.#height) return frame;
    const source = `${frame.width}x${frame.height} ${frame.format}`;
    if (source !== this.#source) {
      this.#scaler?.freeContext();
      this.#scaler = new SoftwareScaleContext();
      this.#scaler.allocContext();
      this.#source = source;
    }
    const out = this.#out;
    // The encoder may still hold the last one's memory.
    out.unref();
    out.format = this.#format;
    out.width = this.#width;
    out.height = this.#height;
    out.colorRange = AVCOL_RANGE_MPEG;
    out.colorSpace = frame.colorSpace === AVCOL_SPC_RGB ? AVCOL_SPC_SMPTE170M : frame.colorSpace;
    out.getBuffer();
    const scaled = (await this.#scaler?.scaleFrame(out, frame)) ?? -1;
    if (scaled < 0) throw new Error(`a picture of ${source} cannot be converted (FFmpeg ${scaled})`);
    return out;
  }

  [Symbol.dispose](): void {
    this.#scaler?.freeContext();
    this.#out.free();
  }
}

/** The largest even size inside `box` with the shape of `source`; never larger than the source. */
export function fitInside(
  source: { width: number; height: number },
  box: { width?: number; height?: number },
): { width: number; height: number } {
  const scale = Math.min(1, (box.width ?? source.width) / source.width, (box.height ?? source.height) / source.height);
  const even = (side: number) => Math.max(16, Math.round((side * scale) / 2) * 2);
  return { width: even(source.width), height: even(source.height) };
}
