import type { CameraStats } from "../protocol/stats.ts";
import type { SenderReport, StreamParameters } from "../protocol/stream.ts";
import { formatFps, SIDE_MAX_PX } from "../protocol/units.ts";
import { stripCredentials } from "./capture/ffmpeg-reason.ts";
import { publicName } from "./capture/public-name.ts";
import type { Camera, SourceFormat } from "./capture/source.ts";
import type { SendConfig } from "./config.ts";
import type { LadderSource } from "./congestion/ladder.ts";
import { Broadcast } from "./delivery/broadcast.ts";
import { fitInside } from "./encode/converter.ts";
import type { EncoderRecipe } from "./encode/recipe.ts";
import { SenderError } from "./errors.ts";
import type { Output } from "./output.ts";
import { packetize } from "./peer/packetizer.ts";
import { RelayNotice } from "./relay-notice.ts";
import { SlowEncoder } from "./slow-encoder.ts";
import { CameraMeter } from "./stats/camera-meter.ts";
import { CameraStream } from "./stream.ts";

/** Whoever reloads the page, or comes by another network, does not wait for the camera to open again. */
const LINGER_MS = 5_000;
/** How often it is looked at whether the encoder keeps up. */
const LOOK_MS = 1_000;

/** The most that viewers may have of a camera, as the command line, and its owner since, want it. */
export function mostOf(format: SourceFormat, config: SendConfig, asked: StreamParameters = {}): LadderSource {
  const width = asked.width ?? config.width ?? SIDE_MAX_PX;
  const height = asked.height ?? config.height ?? SIDE_MAX_PX;
  const fps = asked.fps ?? config.fps ?? format.fps;
  return {
    ...fitInside(format, { width, height }),
    fps: Math.min(fps, format.fps),
    maxBps: asked.bitrateBps ?? config.bitrateBps,
  };
}

export interface LiveCameraOptions {
  /** What the camera turned out to be when it was probed. */
  format: SourceFormat;
  config: SendConfig;
  output: Output;
  encoder: EncoderRecipe;
}

/** A camera as a session shows it: on while somebody watches and nobody paused it, shaped as its owner asks. */
export class LiveCamera implements AsyncDisposable {
  /** Its pictures, to everybody who watches. */
  readonly broadcast: Broadcast;
  readonly #stream: CameraStream;
  readonly #meter = new CameraMeter();
  /** For its owner. */
  readonly name: string;
  #format: SourceFormat;
  readonly #config: SendConfig;
  #asked: StreamParameters = {};
  #onReport: ((report: SenderReport) => void) | undefined;
  #watched = false;
  #linger: NodeJS.Timeout | undefined;
  readonly #slow = new SlowEncoder();
  readonly #looker: NodeJS.Timeout;

  constructor(camera: Camera, { format, config, output, encoder }: LiveCameraOptions) {
    this.name = camera.name.slice(0, 200);
    this.#format = format;
    this.#config = config;
    this.#stream = new CameraStream(camera, {
      encoder,
      meter: this.#meter,
      onFormat: (format) => this.#become(format),
      onEncoders: () => this.#onReport?.(this.report()),
      onUnit: ({ nals, keyframe, capturedAtMs }, rung) => {
        const payloads = packetize(nals);
        const bytes = payloads.reduce((sum, { length }) => sum + length, 0);
        this.broadcast.send({ rung, payloads, bytes, keyframe, capturedAtMs });
      },
      onFailure: (error, retryInMs) => {
        const code = error instanceof SenderError ? error.code : "camera-failed";
        const what = error instanceof Error ? error.message : String(error);
        const sentence = stripCredentials(/[.!?]$/.test(what) ? what : `${what}.`);
        output.emit({
          event: "error",
          code,
          message: `${sentence} Trying again in ${(retryInMs / 1_000).toFixed(1)} s.`,
        });
      },
    });
    const relays = new RelayNotice(output.note);
    this.broadcast = new Broadcast(this.#source(), this.#stream, {
      onRelay: (failures) => relays.tell(failures),
      onThreadFailure: (error) => {
        const why = error instanceof Error ? error.message : String(error);
        output.note(`A thread that served viewers failed (${why}); they connect again by themselves.`);
      },
    });
    this.#looker = setInterval(() => this.#look(output), LOOK_MS);
    this.#looker.unref();
  }

  /** @param tell is told from now on when the camera is another than it was */
  follow(tell: (report: SenderReport) => void): void {
    this.#onReport = tell;
  }

  /** What its owner asks of it, as far as was heard. */
  get asked(): StreamParameters {
    return this.#asked;
  }

  setWatched(watched: boolean): void {
    this.#watched = watched;
    this.#switch();
  }

  /**
   * Does what the session's owner asks of the stream.
   * @returns what is in force now
   */
  obey(parameters: StreamParameters): SenderReport {
    this.#asked = parameters;
    this.broadcast.setSource(this.#source());
    this.#switch();
    return this.report();
  }

  report(): SenderReport {
    const { maxBps: bitrateBps, fps, width, height } = this.#source();
    return {
      cameras: [{ name: publicName(this.name), width, height, fps, encoder: this.#stream.encoders }],
      parameters: { bitrateBps, fps, width, height, paused: this.#asked.paused ?? false },
    };
  }

  stats(nowMs: number): CameraStats {
    return this.#meter.read(this.name, this.#isOn ? this.broadcast.rungs : [], nowMs);
  }

  #look(output: Output): void {
    const nowMs = performance.now();
    const slow = this.#slow.update(this.stats(nowMs).rungs, this.#meter.takeWork(), nowMs);
    if (!slow) return;
    const what = `${slow.width}x${slow.height} at ${formatFps(slow.fps)} fps`;
    output.note(`The encoder is too slow for ${what}: give a smaller --size or --fps.`);
  }

  #become(format: SourceFormat): void {
    const { width, height, fps } = this.#format;
    if (format.width === width && format.height === height && format.fps === fps) return;
    this.#format = format;
    this.broadcast.setSource(this.#source());
    this.#onReport?.(this.report());
  }

  #source(): LadderSource {
    return mostOf(this.#format, this.#config, this.#asked);
  }

  get #isOn(): boolean {
    return this.#watched && !this.#asked.paused;
  }

  #switch(): void {
    if (!this.#isOn && !this.#asked.paused) {
      this.#stream.rest();
      this.#linger ??= setTimeout(() => void this.#stream.stop(), LINGER_MS);
      return;
    }
    clearTimeout(this.#linger);
    this.#linger = undefined;
    if (this.#isOn) this.#stream.start();
    else void this.#stream.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.broadcast.close();
    clearInterval(this.#looker);
    clearTimeout(this.#linger);
    await this.#stream.stop();
  }
}
