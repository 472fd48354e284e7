import { setTimeout as sleep } from "node:timers/promises";
import { Dictionary, FFmpegError, FormatContext, InputFormat, Packet, type Stream } from "node-av";
import { AV_PIX_FMT_NONE, AVERROR_EAGAIN, AVFMT_FLAG_NONBLOCK, AVMEDIA_TYPE_VIDEO } from "node-av/constants";

/** How to reach something that FFmpeg demuxes. */
export interface Input {
  url: string;
  /** FFmpeg's demuxer, when it cannot be told from the address. */
  format?: string;
  options?: Record<string, string>;
  /** Set for what is known to have an end even where its format does not say how long it is. */
  finite?: boolean;
}

/** A device that has no picture yet is asked again after this. */
const NOT_YET_MS = 10;

/**
 * An input that FFmpeg reads, packet by packet. In place of node-av's `Demuxer`, which reads ahead and, while its queue of
 * a hundred is full, as for a file it always is, waits by turning the event loop round and round; and which cannot
 * interrupt a read that waits, and crashes when it closes under one.
 */
export class OpenedInput implements AsyncDisposable {
  readonly #context: FormatContext;

  private constructor(context: FormatContext) {
    this.#context = context;
  }

  /** @throws FFmpegError */
  static async open({ url, format, options = {} }: Input, signal: AbortSignal): Promise<OpenedInput> {
    signal.throwIfAborted();
    const context = new FormatContext();
    // Only a context that is there before it is opened hands an interruption on to its connection. The price: closing it
    // interrupts too, so that an RTSP camera hears no TEARDOWN, and sees its TCP connection end.
    context.allocContext();
    const interrupt = () => context.interrupt();
    signal.addEventListener("abort", interrupt, { once: true });
    using dictionary = Dictionary.fromObject(options);
    try {
      const demuxer = format ? InputFormat.findInputFormat(format) : null;
      FFmpegError.throwIfError(await context.openInput(url, demuxer, dictionary));
      context.setFlags(AVFMT_FLAG_NONBLOCK);
      FFmpegError.throwIfError(await context.findStreamInfo(null));
      signal.throwIfAborted();
      return new OpenedInput(context);
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

  /** Whether its format says how long it is. */
  get hasLength(): boolean {
    return this.#context.duration > 0n;
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
   * @param signal ends also a read that waits for a camera which says nothing
   */
  async *packets(streamIndex: number, signal: AbortSignal): AsyncIterable<Packet | null> {
    const interrupt = () => this.#context.interrupt();
    signal.addEventListener("abort", interrupt, { once: true });
    using packet = new Packet();
    packet.alloc();
    try {
      while (!signal.aborted) {
        const result = await this.#context.readFrame(packet);
        if (result === AVERROR_EAGAIN) {
          await sleep(NOT_YET_MS);
          continue;
        }
        if (result < 0) break;
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

function isKnown({ codecpar }: Stream): boolean {
  const { width, height, format, frameRate } = codecpar;
  return width > 0 && height > 0 && format !== AV_PIX_FMT_NONE && frameRate.num > 0 && frameRate.den > 0;
}
