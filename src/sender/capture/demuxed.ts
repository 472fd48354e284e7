import { setTimeout as sleep } from "node:timers/promises";
import { Codec, CodecContext, Dictionary, Frame, type Packet, type Rational, type Stream } from "node-av";
import { AV_CODEC_FLAG_LOW_DELAY, AV_NOPTS_VALUE, AV_PKT_DATA_DISPLAYMATRIX, FF_THREAD_SLICE } from "node-av/constants";
import { FPS_MAX, FPS_MIN } from "../../protocol/units.ts";
import { cameraError } from "../errors.ts";
import { inSquarePixels } from "../square-pixels.ts";
import { turnOf } from "./display-turn.ts";
import { type Input, OpenedInput } from "./opened-input.ts";
import { PlaybackClock } from "./playback-clock.ts";
import type { CapturedFrame, Source, SourceFormat } from "./source.ts";
import { Turner } from "./turner.ts";

const FPS_UNKNOWN = 30;
/** A stream that is joined in its middle begins with its next keyframe, which may be some seconds away. */
const UNDECODED_MS = 20_000;
/** A live camera without a packet of video for so long, and for several of its pictures, has stopped. */
const SILENT_MS = 10_000;
const SILENT_PICTURES = 4;

/** FFmpeg plays any text as an old terminal would have shown it. */
const TEXT_FORMATS = new Set(["tty", "bin", "xbin", "adf", "idf"]);

/** Opens an input and its first video stream. */
export async function openInput(input: Input, signal: AbortSignal): Promise<DemuxedSource> {
  const opened = await OpenedInput.open(input, signal);
  try {
    const stream = TEXT_FORMATS.has(opened.formatName) ? undefined : opened.video;
    if (!stream) throw cameraError("it has no video in it");
    const { width, height } = stream.codecpar;
    if (width < 1 || height < 1) throw cameraError("the size of its picture cannot be found out");
    return new DemuxedSource(opened, stream, await openDecoder(stream, opened.finite));
  } catch (error) {
    await opened[Symbol.asyncDispose]();
    throw error;
  }
}

async function openDecoder(stream: Stream, finite: boolean): Promise<CodecContext> {
  const codec = Codec.findDecoder(stream.codecpar.codecId);
  if (!codec) throw cameraError("its video format has no decoder here");
  const decoder = new CodecContext();
  decoder.allocContext3(codec);
  decoder.parametersToContext(stream.codecpar);
  decoder.pktTimebase = stream.timeBase;
  // Frame threads each hold a picture back; slices do not.
  decoder.threadType = FF_THREAD_SLICE;
  decoder.threadCount = 2;
  if (!finite) decoder.setFlags(AV_CODEC_FLAG_LOW_DELAY);
  using options = Dictionary.fromObject({});
  if ((await decoder.open2(codec, options)) >= 0) return decoder;
  decoder.freeContext();
  throw cameraError("its video cannot be decoded");
}

function rateOf({ avgFrameRate, rFrameRate }: Stream): number | undefined {
  const { num, den } = avgFrameRate.num > 0 ? avgFrameRate : rFrameRate;
  return num > 0 && den > 0 ? num / den : undefined;
}

/** FFmpeg guesses "1000 fps" where it does not know; what is nearly a still picture is encoded as one a second. */
function usualRate(fps = FPS_UNKNOWN): number {
  return fps > FPS_MAX ? FPS_UNKNOWN : Math.max(fps, FPS_MIN);
}

/** Pictures out of a file, a stream or a capture device, through FFmpeg in this process. */
export class DemuxedSource implements Source {
  readonly format: SourceFormat;
  /** True for what has a beginning and an end, and so must be paced here; a live input paces itself. */
  readonly finite: boolean;
  readonly #input: OpenedInput;
  readonly #stream: Stream;
  readonly #decoder: CodecContext;
  readonly #turner: Turner | undefined;
  readonly #containerRatio: Rational | undefined;
  readonly #frame = new Frame();
  readonly #silentMs: number;

  /** @param decoder opened; disposed of with this */
  constructor(input: OpenedInput, stream: Stream, decoder: CodecContext) {
    this.#input = input;
    this.#stream = stream;
    this.#decoder = decoder;
    this.#frame.alloc();
    this.finite = input.finite;
    // The container's word stands above the codec's.
    this.#containerRatio = stream.sampleAspectRatio.num > 0 ? stream.sampleAspectRatio : undefined;
    const { width, height, sampleAspectRatio } = stream.codecpar;
    const ratio = this.#containerRatio ?? sampleAspectRatio;
    const turn = turnOf(stream.codecpar.getCodedSideData(AV_PKT_DATA_DISPLAYMATRIX));
    if (turn !== 0) this.#turner = new Turner(turn, stream.timeBase);
    const shown =
      turn % 180 === 0
        ? { width, height, sampleAspectRatio: ratio }
        : { width: height, height: width, sampleAspectRatio: { num: ratio.den, den: ratio.num } };
    const rate = rateOf(stream);
    this.format = { ...inSquarePixels(shown), fps: usualRate(rate) };
    this.#silentMs = Math.max(SILENT_MS, (SILENT_PICTURES * 1_000) / (rate ?? this.format.fps));
  }

  async *frames(signal: AbortSignal): AsyncIterable<CapturedFrame> {
    if (this.finite) {
      yield* this.#play(signal);
      return;
    }
    const silence = new AbortController();
    const timer = setTimeout(() => silence.abort(), this.#silentMs);
    try {
      yield* this.#follow(AbortSignal.any([signal, silence.signal]), timer);
    } finally {
      clearTimeout(timer);
    }
    // Its connection may be alive all the while, with sound for one.
    if (!silence.signal.aborted || signal.aborted) return;
    throw cameraError(`The camera gives no pictures: none has come for ${Math.round(this.#silentMs / 1_000)} s.`);
  }

  async *#play(signal: AbortSignal): AsyncIterable<CapturedFrame> {
    const { num, den } = this.#stream.timeBase;
    const clock = new PlaybackClock((1_000 * num) / den, this.format.fps);
    // The last one is `null`: the decoder then gives out the pictures that it was reordering.
    for await (const packet of this.#packets(signal)) {
      for await (const frame of this.#decode(packet)) {
        await until(clock.due(ptsOf(frame), performance.now()), signal);
        if (signal.aborted) return;
        using turned = await this.#turner?.turn(frame);
        yield { frame: turned ?? frame, capturedAtMs: performance.now() };
      }
      if (signal.aborted) return;
    }
    await until(clock.end(performance.now()), signal);
  }

  /** @param timer to be wound up again by each packet */
  async *#follow(signal: AbortSignal, timer: NodeJS.Timeout): AsyncIterable<CapturedFrame> {
    let undecodedSinceMs: number | undefined;
    for await (const packet of this.#packets(signal)) {
      timer.refresh();
      undecodedSinceMs ??= performance.now();
      for await (const frame of this.#decode(packet)) {
        undecodedSinceMs = undefined;
        if (signal.aborted) return;
        using turned = await this.#turner?.turn(frame);
        yield { frame: turned ?? frame, capturedAtMs: performance.now() };
      }
      if (signal.aborted) return;
      if (undecodedSinceMs !== undefined && performance.now() - undecodedSinceMs > UNDECODED_MS) {
        throw cameraError(`The camera sends video, but none of it could be decoded for ${UNDECODED_MS / 1_000} s.`);
      }
    }
  }

  #packets(signal: AbortSignal): AsyncIterable<Packet | null> {
    return this.#input.packets(this.#stream.index, this.format.fps, signal);
  }

  async *#decode(packet: Packet | null): AsyncIterable<Frame> {
    // A packet that does not decode (a stream joined in its middle) is skipped: the next keyframe mends it.
    await this.#decoder.sendPacket(packet);
    while ((await this.#decoder.receiveFrame(this.#frame)) === 0) {
      if (this.#containerRatio) this.#frame.sampleAspectRatio = this.#containerRatio;
      yield this.#frame;
      this.#frame.unref();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // First what refers to the device's memory, which is unmapped when it is closed.
    this.#frame.free();
    this.#turner?.[Symbol.dispose]();
    this.#decoder.freeContext();
    await this.#input[Symbol.asyncDispose]();
  }
}

function ptsOf(frame: Frame): bigint | undefined {
  return frame.bestEffortTimestamp === AV_NOPTS_VALUE ? undefined : frame.bestEffortTimestamp;
}

async function until(dueAtMs: number, signal: AbortSignal): Promise<void> {
  const waitMs = dueAtMs - performance.now();
  if (waitMs > 1) await sleep(waitMs, undefined, { signal }).catch(() => {});
}
