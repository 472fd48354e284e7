import { setTimeout as sleep } from "node:timers/promises";
import { Codec, CodecContext, Demuxer, Dictionary, Frame, type Packet, type Stream } from "node-av";
import { AV_CODEC_FLAG_LOW_DELAY, FF_THREAD_SLICE } from "node-av/constants";
import { cameraError } from "../errors.ts";
import type { CapturedFrame, Source, SourceFormat } from "./source.ts";

/** How to reach something that FFmpeg demuxes. */
export interface Input {
  url: string;
  /** FFmpeg's demuxer, when it cannot be told from the address. */
  format?: string;
  options?: Record<string, string>;
}

/** Opens an input and its first video stream. */
export async function openInput(input: Input, signal: AbortSignal): Promise<DemuxedSource> {
  const demuxer = await Demuxer.open(input.url, {
    ...(input.format ? { format: input.format } : {}),
    ...(input.options ? { options: input.options } : {}),
    signal,
  });
  const stream = demuxer.video();
  const codec = stream && Codec.findDecoder(stream.codecpar.codecId);
  if (!stream || !codec) {
    await demuxer.close();
    throw cameraError(stream ? "its video format has no decoder here" : "it has no video in it");
  }
  return new DemuxedSource(demuxer, stream, codec);
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

  constructor(demuxer: Demuxer, stream: Stream, codec: Codec) {
    this.#demuxer = demuxer;
    this.#stream = stream;
    this.#codec = codec;
    this.#frame.alloc();
    this.finite = demuxer.duration > 0;
    const { width, height } = stream.codecpar;
    const rate = stream.avgFrameRate.num > 0 ? stream.avgFrameRate : stream.rFrameRate;
    this.format = { width, height, fps: rate.num > 0 && rate.den > 0 ? rate.num / rate.den : 30 };
  }

  async *frames(signal: AbortSignal): AsyncIterable<CapturedFrame> {
    await this.#openDecoder();
    const pacer = this.finite ? new PtsPacer(this.#stream.timeBase.num / this.#stream.timeBase.den) : undefined;
    for await (const packet of this.#demuxer.packets(this.#stream.index)) {
      if (packet?.streamIndex !== undefined && packet.streamIndex !== this.#stream.index) {
        packet.free();
        continue;
      }
      for await (const frame of this.#decode(packet)) {
        if (pacer) await pacer.wait(frame.bestEffortTimestamp, signal);
        if (signal.aborted) return;
        yield { frame, capturedAtMs: performance.now() };
      }
      if (signal.aborted) return;
    }
    // The decoder still holds the pictures that it was reordering.
    for await (const frame of this.#decode(null)) {
      if (pacer) await pacer.wait(frame.bestEffortTimestamp, signal);
      if (signal.aborted) return;
      yield { frame, capturedAtMs: performance.now() };
    }
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
    const opened = await decoder.open2(this.#codec, Dictionary.fromObject({}));
    if (opened < 0) throw cameraError("its video cannot be decoded");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#demuxer.close();
    this.#decoder.freeContext();
    this.#frame.free();
  }
}

/** Holds each picture until its timestamp is due, so that a file plays at its own pace. */
class PtsPacer {
  readonly #tickMs: number;
  #startedAtMs: number | undefined;
  #firstPts = 0n;

  constructor(tickSeconds: number) {
    this.#tickMs = tickSeconds * 1_000;
  }

  async wait(pts: bigint, signal: AbortSignal): Promise<void> {
    if (this.#startedAtMs === undefined) {
      this.#startedAtMs = performance.now();
      this.#firstPts = pts;
    }
    const dueAtMs = this.#startedAtMs + Number(pts - this.#firstPts) * this.#tickMs;
    const waitMs = dueAtMs - performance.now();
    if (waitMs > 1) await sleep(waitMs, undefined, { signal }).catch(() => {});
  }
}
