import { setTimeout as sleep } from "node:timers/promises";
import type { Camera, Source } from "./capture/source.ts";
import { Thinner } from "./capture/thinner.ts";
import { Encoding } from "./encode/encoding.ts";
import type { EncodedUnit } from "./encode/unit.ts";
import { Backoff } from "./signaling/backoff.ts";

export interface StreamOptions {
  width?: number;
  height?: number;
  /** At most this many frames a second; the camera's own rate when absent. */
  fps?: number;
  bitrateBps: number;
  onUnit(unit: EncodedUnit): void;
  /** The camera or the encoder failed while somebody watched; it is tried again after `retryInMs`. */
  onFailure(error: unknown, retryInMs: number): void;
}

/** One camera, captured and encoded while somebody watches and not otherwise. */
export class CameraStream {
  readonly #camera: Camera;
  readonly #options: StreamOptions;
  #encoding: Encoding | undefined;
  #abort: AbortController | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(camera: Camera, options: StreamOptions) {
    this.#camera = camera;
    this.#options = options;
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

  requestKeyframe(): void {
    this.#encoding?.requestKeyframe();
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
    const fps = Math.min(this.#options.fps ?? source.format.fps, source.format.fps);
    const thinner = fps < source.format.fps * 0.95 ? new Thinner(fps) : undefined;
    const failed = Promise.withResolvers<never>();
    failed.promise.catch(() => {});
    await using encoding = new Encoding({ ...this.#options, fps, onError: failed.reject });
    this.#encoding = encoding;
    encoding.requestKeyframe();
    const frames = source.frames(signal)[Symbol.asyncIterator]();
    try {
      while (!signal.aborted) {
        const next = await Promise.race([frames.next(), failed.promise]);
        if (next.done) return;
        onPicture();
        if (!thinner || thinner.keep(next.value.capturedAtMs))
          encoding.offer(next.value.frame, next.value.capturedAtMs);
      }
    } finally {
      this.#encoding = undefined;
      // The source may be closed only when nothing reads from it any more.
      attempt.abort();
      await frames.return?.();
    }
  }
}
