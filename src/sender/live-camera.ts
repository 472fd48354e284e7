import type { SenderReport, StreamParameters } from "../protocol/stream.ts";
import type { Camera, SourceFormat } from "./capture/source.ts";
import type { SendConfig } from "./config.ts";
import { fitInside } from "./encode/converter.ts";
import type { EncodedUnit } from "./encode/unit.ts";
import { SenderError } from "./errors.ts";
import type { Output } from "./output.ts";
import { CameraStream, type StreamSettings } from "./stream.ts";

/** A camera as a session shows it: on while somebody watches and nobody paused it, shaped as its owner asks. */
export class LiveCamera implements AsyncDisposable {
  onUnit: (unit: EncodedUnit) => void = () => {};
  readonly #stream: CameraStream;
  readonly #name: string;
  readonly #format: SourceFormat;
  readonly #config: SendConfig;
  #parameters: StreamParameters = {};
  #watched = false;

  /** @param format what the camera turned out to be when it was probed */
  constructor(camera: Camera, format: SourceFormat, config: SendConfig, output: Output) {
    this.#name = camera.name.slice(0, 200);
    this.#format = format;
    this.#config = config;
    this.#stream = new CameraStream(camera, {
      settings: this.#settings(),
      onUnit: (unit) => this.onUnit(unit),
      onFailure: (error, retryInMs) => {
        const code = error instanceof SenderError ? error.code : "camera-failed";
        const what = error instanceof Error ? error.message : String(error);
        output.emit({ event: "error", code, message: `${what} Trying again in ${(retryInMs / 1_000).toFixed(1)} s.` });
      },
    });
  }

  setWatched(watched: boolean): void {
    this.#watched = watched;
    this.#switch();
  }

  requestKeyframe(atOnce = false): void {
    this.#stream.requestKeyframe(atOnce);
  }

  /**
   * Does what the session's owner asks of the stream.
   * @returns what is in force now
   */
  async obey(parameters: StreamParameters): Promise<SenderReport> {
    this.#parameters = parameters;
    this.#stream.configure(this.#settings());
    this.#switch();
    return this.report();
  }

  report(): SenderReport {
    const { bitrateBps, fps, ...box } = this.#settings();
    const size = fitInside(this.#format, box);
    const rate = Math.min(fps ?? this.#format.fps, this.#format.fps);
    return {
      cameras: [{ name: this.#name, ...size, fps: rate, encoder: "libx264" }],
      parameters: { bitrateBps, fps: rate, ...size, paused: this.#parameters.paused ?? false },
    };
  }

  #settings(): StreamSettings {
    const { width, height, fps, bitrateBps } = this.#config;
    const asked = this.#parameters;
    return {
      ...((asked.width ?? width) ? { width: asked.width ?? width } : {}),
      ...((asked.height ?? height) ? { height: asked.height ?? height } : {}),
      ...((asked.fps ?? fps) ? { fps: asked.fps ?? fps } : {}),
      bitrateBps: asked.bitrateBps ?? bitrateBps,
    };
  }

  #switch(): void {
    if (this.#watched && !this.#parameters.paused) this.#stream.start();
    else void this.#stream.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stream.stop();
  }
}
