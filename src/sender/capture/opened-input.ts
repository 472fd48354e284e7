import { setTimeout as sleep } from "node:timers/promises";
import { Dictionary, FFmpegError, FormatContext, InputFormat, Packet, type Stream } from "node-av";
import {
  AV_PIX_FMT_NONE,
  AVERROR_EAGAIN,
  AVERROR_ENODEV,
  AVERROR_EOF,
  AVFMT_FLAG_NONBLOCK,
  AVMEDIA_TYPE_VIDEO,
} from "node-av/constants";
import { cameraError } from "../errors.ts";
import { DeviceClock } from "./device-clock.ts";
import { openFailure } from "./ffmpeg-reason.ts";

/** How to reach something that FFmpeg demuxes. */
export interface Input {
  url: string;
  /** Set for a device: FFmpeg's demuxer for such. */
  format?: "v4l2";
  options?: Record<string, string>;
  /** Set for what is known to have an end even where its format does not say how long it is. */
  finite?: boolean;
}

/**
 * An input that FFmpeg reads, packet by packet. In place of node-av's `Demuxer`, which reads ahead and, while its queue of
 * a hundred is full, as for a file it always is, waits by turning the event loop round and round; and which cannot
 * interrupt a read that waits, and crashes when it closes under one.
 */
export class OpenedInput implements AsyncDisposable {
  /** It has an end: its kind is known for that, or its format says how long it is. */
  readonly finite: boolean;
  readonly #context: FormatContext;

  private constructor(context: FormatContext, finite: boolean) {
    this.#context = context;
    this.finite = finite || context.duration > 0n;
  }

  /** @throws FFmpegError */
  static async open({ url, format, options = {}, finite = false }: Input, signal: AbortSignal): Promise<OpenedInput> {
    signal.throwIfAborted();
    const context = new FormatContext();
    // Only a context that is there before it is opened hands an interruption on to its connection. The price: closing it
    // interrupts too, so that an RTSP camera hears no TEARDOWN, and sees its TCP connection end.
    context.allocContext();
    // Of use only before it is opened. Without it a read waits for the device's next picture, and nothing ends that wait.
    if (format) context.setFlags(AVFMT_FLAG_NONBLOCK);
    const interrupt = () => context.interrupt();
    signal.addEventListener("abort", interrupt, { once: true });
    using dictionary = Dictionary.fromObject(options);
    try {
      const demuxer = format ? InputFormat.findInputFormat(format) : null;
      FFmpegError.throwIfError(await context.openInput(url, demuxer, dictionary));
      // A device has said by now what it gives; FFmpeg would turn round and round until its first picture.
      if (!format) FFmpegError.throwIfError(await context.findStreamInfo(null));
      signal.throwIfAborted();
      return new OpenedInput(context, finite);
    } catch (error) {
      await context.closeInput();
      throw error;
    } finally {
      signal.removeEventListener("abort", interrupt);
    }
  }

  get formatName(): string {
    return this.#context.iformat?.name ?? "";
  }

  /** The first video stream. */
  get video(): Stream | undefined {
    const stream = this.#context.streams.find(({ codecpar }) => codecpar.codecType === AVMEDIA_TYPE_VIDEO);
    if (stream && !isKnown(stream) && stream.codecpar.extradataSize > 0) stream.codecpar.parseExtradata();
    return stream;
  }

  /**
   * The packets of one stream, each read when it is asked for; the last one is `null`. Each is the reader's until the next
   * is asked for.
   * @param fps at which a device is expected to give them
   * @param signal ends also a read that waits for a camera which says nothing
   * @throws SenderError `camera-unusable` where a live one breaks off
   */
  async *packets(streamIndex: number, fps: number, signal: AbortSignal): AsyncIterable<Packet | null> {
    const clock = new DeviceClock(fps, performance.now());
    const interrupt = () => this.#context.interrupt();
    signal.addEventListener("abort", interrupt, { once: true });
    using packet = new Packet();
    packet.alloc();
    try {
      while (!signal.aborted) {
        const result = await this.#context.readFrame(packet);
        if (result === AVERROR_EAGAIN) {
          await sleep(clock.waitMs(performance.now()), undefined, { signal }).catch(() => {});
          continue;
        }
        if (result < 0) {
          if (signal.aborted || this.finite || result === AVERROR_EOF) break;
          throw cameraError(`The camera's stream broke off: ${whyBrokenOff(result)}.`);
        }
        clock.gave(performance.now());
        if (packet.streamIndex === streamIndex) yield packet;
        packet.unref();
      }
    } finally {
      signal.removeEventListener("abort", interrupt);
    }
    if (!signal.aborted) yield null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.closeInput();
  }
}

function whyBrokenOff(result: number): string {
  return result === AVERROR_ENODEV ? "it is gone; was it unplugged?" : openFailure(new FFmpegError(result));
}

function isKnown({ codecpar }: Stream): boolean {
  const { width, height, format, frameRate } = codecpar;
  return width > 0 && height > 0 && format !== AV_PIX_FMT_NONE && frameRate.num > 0 && frameRate.den > 0;
}
