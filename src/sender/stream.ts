import { setTimeout as sleep } from "node:timers/promises";
import { Backoff } from "./backoff.ts";
import type { Camera, Source } from "./capture/source.ts";
import { Thinner } from "./capture/thinner.ts";
import { Encoding } from "./encode/encoding.ts";
import type { EncodedUnit } from "./encode/unit.ts";

export interface StreamSettings {
  /** Greatest size; the picture keeps its shape. */
  width?: number;
  height?: number;
  /** At most this many frames a second; the camera's own rate when absent. */
  fps?: number;
  bitrateBps: number;
}

export interface StreamOptions {
  settings: StreamSettings;
  onUnit(unit: EncodedUnit): void;
  /** The camera or the encoder failed while somebody watched; it is tried again after `retryInMs`. */
  onFailure(error: unknown, retryInMs: number): void;
}

/** One camera, captured and encoded between `start` and `stop`, tried again when it fails. */
export class CameraStream {
  readonly #camera: Camera;
  readonly #options: StreamOptions;
  #settings: StreamSettings;
  #encoding: Encoding | undefined;
  #thinner: Thinner | undefined;
  #sourceFps = 0;
  #abort: AbortController | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(camera: Camera, options: StreamOptions) {
    this.#camera = camera;
    this.#options = options;
    this.#settings = options.settings;
  }

  start(): void {
    if (this.#abort) return;
    const abort = new AbortController();
    this.#abort = abort;
    // A device that is still being closed would be busy.
    this.#running = this.#running.then(() => this.#run(abort.signal));
  }

  async stop(): Promise<void> {
    this.#abort?.abort();
    this.#abort = undefined;
    await this.#running;
  }

  requestKeyframe(atOnce = false): void {
    this.#encoding?.requestKeyframe(atOnce);
  }

  /** Takes effect on the stream that runs; a new size or rate begins with a keyframe. */
  configure(settings: StreamSettings): void {
    this.#settings = settings;
    if (this.#encoding) this.#encoding.configure({ ...settings, fps: this.#chooseRate() });
  }

  async #run(signal: AbortSignal): Promise<void> {
    const backoff = new Backoff();
    while (!signal.aborted) {
      const attempt = new AbortController();
      const either = AbortSignal.any([signal, attempt.signal]);
      try {
        await using source = await this.#camera.open(either);
        await this.#capture(source, either, attempt, () => backoff.reset());
        if (!signal.aborted) throw new Error(`Camera "${this.#camera.name}" ended its stream.`);
      } catch (error) {
        if (signal.aborted) return;
        const retryInMs = backoff.next();
        this.#options.onFailure(error, retryInMs);
        await sleep(retryInMs, undefined, { signal }).catch(() => {});
      }
    }
  }

  async #capture(source: Source, signal: AbortSignal, attempt: AbortController, onPicture: () => void): Promise<void> {
    this.#sourceFps = source.format.fps;
    const failed = Promise.withResolvers<never>();
    failed.promise.catch(() => {});
    const { onUnit } = this.#options;
    await using encoding = new Encoding({
      settings: { ...this.#settings, fps: this.#chooseRate() },
      onUnit,
      onError: failed.reject,
    });
    this.#encoding = encoding;
    encoding.requestKeyframe();
    const frames = source.frames(signal)[Symbol.asyncIterator]();
    try {
      while (!signal.aborted) {
        const next = await Promise.race([frames.next(), failed.promise]);
        if (next.done) return;
        onPicture();
        const { frame, capturedAtMs } = next.value;
        if (!this.#thinner || this.#thinner.keep(capturedAtMs)) encoding.offer(frame, capturedAtMs);
      }
    } finally {
      this.#encoding = undefined;
      // The source may be closed only when nothing reads from it any more.
      attempt.abort();
      await frames.return?.();
    }
  }

  /** Frames a second to be encoded, with a thinner when the camera gives more. */
  #chooseRate(): number {
    const fps = Math.min(this.#settings.fps ?? this.#sourceFps, this.#sourceFps);
    this.#thinner = fps < this.#sourceFps * 0.95 ? new Thinner(fps) : undefined;
    return fps;
  }
}
