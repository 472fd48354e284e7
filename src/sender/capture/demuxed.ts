import { setTimeout as sleep } from "node:timers/promises";
import { Codec, CodecContext, Demuxer, Dictionary, Frame, type Packet, type Stream } from "node-av";
import { AV_CODEC_FLAG_LOW_DELAY, AV_NOPTS_VALUE, FF_THREAD_SLICE } from "node-av/constants";
import { cameraError } from "../errors.ts";
import { PlaybackClock } from "./playback-clock.ts";
import type { CapturedFrame, Source, SourceFormat } from "./source.ts";

/** How to reach something that FFmpeg demuxes. */
export interface Input {
  url: string;
  /** FFmpeg's demuxer, when it cannot be told from the address. */
  format?: string;
  options?: Record<string, string>;
  /** Set for what is known to have an end even where its format does not say how long it is. */
  finite?: boolean;
}

/** FFmpeg plays any text as an old terminal would have shown it. */
const TEXT_FORMATS = new Set(["tty", "bin", "xbin", "adf", "idf"]);

/** Opens an input and its first video stream. */
export async function openInput(input: Input, signal: AbortSignal): Promise<DemuxedSource> {
  const demuxer = await Demuxer.open(input.url, {
    ...(input.format ? { format: input.format } : {}),
    ...(input.options ? { options: input.options } : {}),
    signal,
  });
  const stream = TEXT_FORMATS.has(demuxer.formatName) ? undefined : demuxer.video();
  const codec = stream && Codec.findDecoder(stream.codecpar.codecId);
  if (!stream || !codec) {
    await demuxer.close();
    throw cameraError(stream ? "its video format has no decoder here" : "it has no video in it");
  }
  return new DemuxedSource(demuxer, stream, codec, input.finite || demuxer.duration > 0);
}

/** Pictures out of a file, a stream or a capture device, through FFmpeg in this process. */
export class DemuxedSource implements Source {
  readonly format: SourceFormat;
  /** True for what has a beginning and an end, and so must be paced here; a live input paces itself. */
  readonly finite: boolean;
  readonly #demuxer: Demuxer;
  readonly #stream: Stream;
  readonly #decoder = new CodecContext();
  readonly #codec: Codec;
  readonly #frame = new Frame();

  constructor(demuxer: Demuxer, stream: Stream, codec: Codec, finite: boolean) {
    this.#demuxer = demuxer;
    this.#stream = stream;
    this.#codec = codec;
    this.#frame.alloc();
    this.finite = finite;
    const { width, height } = stream.codecpar;
    const rate = stream.avgFrameRate.num > 0 ? stream.avgFrameRate : stream.rFrameRate;
    this.format = { width, height, fps: rate.num > 0 && rate.den > 0 ? rate.num / rate.den : 30 };
  }

  async *frames(signal: AbortSignal): AsyncIterable<CapturedFrame> {
    await this.#openDecoder();
    const { num, den } = this.#stream.timeBase;
    const clock = this.finite ? new PlaybackClock((1_000 * num) / den, this.format.fps) : undefined;
    // The last one is `null`: the decoder then gives out the pictures that it was reordering.
    for await (const packet of this.#demuxer.packets(this.#stream.index)) {
      if (packet?.streamIndex !== undefined && packet.streamIndex !== this.#stream.index) {
        packet.free();
        continue;
      }
      for await (const frame of this.#decode(packet)) {
        if (clock) await until(clock.due(ptsOf(frame), performance.now()), signal);
        if (signal.aborted) return;
        yield { frame, capturedAtMs: performance.now() };
      }
      if (signal.aborted) return;
    }
    if (clock) await until(clock.end(performance.now()), signal);
  }

  async *#decode(packet: Packet | null): AsyncIterable<Frame> {
    // A packet that does not decode (a stream joined in its middle) is skipped: the next keyframe mends it.
    await this.#decoder.sendPacket(packet);
    packet?.free();
    while ((await this.#decoder.receiveFrame(this.#frame)) === 0) {
      yield this.#frame;
      this.#frame.unref();
    }
  }

  async #openDecoder(): Promise<void> {
    const decoder = this.#decoder;
    decoder.allocContext3(this.#codec);
    decoder.parametersToContext(this.#stream.codecpar);
    decoder.pktTimebase = this.#stream.timeBase;
    // Frame threads each hold a picture back; slices do not.
    decoder.threadType = FF_THREAD_SLICE;
    decoder.threadCount = 2;
    if (!this.finite) decoder.setFlags(AV_CODEC_FLAG_LOW_DELAY);
    using options = Dictionary.fromObject({});
    const opened = await decoder.open2(this.#codec, options);
    if (opened < 0) throw cameraError("its video cannot be decoded");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#demuxer.close();
    this.#decoder.freeContext();
    this.#frame.free();
  }
}

function ptsOf(frame: Frame): bigint | undefined {
  return frame.bestEffortTimestamp === AV_NOPTS_VALUE ? undefined : frame.bestEffortTimestamp;
}

async function until(dueAtMs: number, signal: AbortSignal): Promise<void> {
  const waitMs = dueAtMs - performance.now();
  if (waitMs > 1) await sleep(waitMs, undefined, { signal }).catch(() => {});
}
