import { setTimeout as sleep } from "node:timers/promises";
import { Backoff } from "./backoff.ts";
import { BrokenRungs } from "./broken-rungs.ts";
import { HeldPicture } from "./capture/held-picture.ts";
import type { Camera, CapturedFrame, Source, SourceFormat } from "./capture/source.ts";
import type { Rung } from "./congestion/ladder.ts";
import type { KeyframeNeed } from "./encode/keyframe-gate.ts";
import type { EncoderRecipe } from "./encode/recipe.ts";
import type { EncodedUnit } from "./encode/unit.ts";
import { RungEncoder } from "./rung-encoder.ts";
import { RungRecipes } from "./rung-recipes.ts";
import { inSquarePixels } from "./square-pixels.ts";
import type { CameraMeter } from "./stats/camera-meter.ts";

/** A camera that has given pictures for so long works: should it fail, it is tried again soon. */
const WELL_MS = 5_000;

export interface StreamOptions {
  /** Of every rung that it does not refuse. */
  encoder: EncoderRecipe;
  /** @param rung the id of the rung that it belongs to */
  onUnit(unit: EncodedUnit, rung: number): void;
  /** The camera or an encoder failed while somebody watched; it is tried again after `retryInMs`. */
  onFailure(error: unknown, retryInMs: number): void;
  /** What the camera is, with each picture: somebody may have set it, turned it or plugged in another. */
  onFormat?(format: SourceFormat): void;
  /** Other encoders are at work than were, by {@link CameraStream.encoders}: hardware refused, or is tried again. */
  onEncoders?(): void;
  /** Counts what becomes of the camera's frames. */
  meter?: CameraMeter;
}

/** One camera, captured and encoded between `start` and `stop`, tried again when it fails; open but idle after `rest`. */
export class CameraStream {
  readonly #camera: Camera;
  readonly #options: StreamOptions;
  readonly #encoders = new Map<number, RungEncoder>();
  readonly #broken = new BrokenRungs();
  readonly #recipes: RungRecipes;
  #rungs: readonly Rung[] = [];
  #toldEncoders: string;
  /** Encoders that are still at work on their last picture, which is the source's memory. */
  readonly #leaving = new Set<Promise<void>>();
  #resting = false;
  /** While the camera is waited for that failed: ends the wait. */
  #retry: AbortController | undefined;
  readonly #newest = new HeldPicture();
  /** Makes the encoder of a rung, while the camera gives pictures. */
  #make: ((rung: Rung) => RungEncoder) | undefined;
  #abort: AbortController | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(camera: Camera, options: StreamOptions) {
    this.#camera = camera;
    this.#options = options;
    this.#recipes = new RungRecipes(options.encoder);
    this.#toldEncoders = this.encoders;
  }

  /** What encodes it now, or would if it ran, as `--encoder` names it: of rungs that have different ones, all. */
  get encoders(): string {
    return this.#recipes.namesOf(this.#rungs).join(", ");
  }

  start(): void {
    if (this.#abort) {
      this.#wake();
      return;
    }
    this.#resting = false;
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

  /** Keeps the camera open, and encodes nothing until the next {@link start}; nothing where it is not open. */
  rest(): void {
    if (!this.#abort || this.#resting) return;
    this.#resting = true;
    this.#setEncoders([]);
  }

  /** Begins with the picture that is here, for at one picture a second the next may be long in coming. */
  #wake(): void {
    if (!this.#resting) return;
    this.#resting = false;
    this.#retry?.abort();
    this.#setEncoders(this.#rungs);
    if (this.#newest.newest) this.#offer(this.#newest.newest);
  }

  /** @returns whether that rung is encoded */
  requestKeyframe(rung: number, need: KeyframeNeed): boolean {
    const encoder = this.#encoders.get(rung);
    encoder?.requestKeyframe(need);
    return encoder !== undefined;
  }

  /** Takes effect on the stream that runs; a new rung, size or rate begins with a keyframe. */
  setRungs(rungs: readonly Rung[]): void {
    this.#rungs = rungs;
    if (!this.#resting) this.#setEncoders(rungs);
    this.#tellEncoders();
  }

  #tellEncoders(): void {
    const { encoders } = this;
    if (encoders === this.#toldEncoders) return;
    this.#toldEncoders = encoders;
    this.#options.onEncoders?.();
  }

  #setEncoders(rungs: readonly Rung[]): void {
    if (!this.#make) return;
    for (const [id, encoder] of this.#encoders) {
      if (rungs.some((rung) => rung.id === id)) continue;
      this.#encoders.delete(id);
      this.#dismiss(encoder);
    }
    this.#broken.keep(rungs);
    // While it rests it makes none, and those it will make are the same.
    this.#recipes.keep(this.#rungs);
    for (const rung of rungs) this.#encoders.get(rung.id)?.configure(rung);
    const missing = rungs.filter(({ id }) => !this.#encoders.has(id));
    for (const rung of this.#broken.due(missing, this.#encoders.size > 0, performance.now())) {
      this.#encoders.set(rung.id, this.#make(rung));
    }
  }

  async #run(signal: AbortSignal): Promise<void> {
    const backoff = new Backoff();
    while (!signal.aborted) {
      const attempt = new AbortController();
      let workedFromMs = Number.POSITIVE_INFINITY;
      const either = AbortSignal.any([signal, attempt.signal]);
      try {
        await using source = await this.#camera.open(either);
        await this.#capture(source, either, attempt, (nowMs) => {
          workedFromMs = Math.min(workedFromMs, nowMs);
        });
        if (!signal.aborted) throw new Error(`Camera "${this.#camera.name}" ended its stream.`);
      } catch (error) {
        if (signal.aborted) return;
        if (performance.now() - workedFromMs >= WELL_MS) backoff.reset();
        const retryInMs = backoff.next();
        if (!this.#resting) this.#options.onFailure(error, retryInMs);
        this.#retry = new AbortController();
        await sleep(retryInMs, undefined, { signal: AbortSignal.any([signal, this.#retry.signal]) }).catch(() => {});
        if (this.#retry.signal.aborted) backoff.reset();
      }
    }
  }

  /** @param onPicture is told of each that was encoded */
  async #capture(
    source: Source,
    signal: AbortSignal,
    attempt: AbortController,
    onPicture: (nowMs: number) => void,
  ): Promise<void> {
    // Not a promise to race every picture against: that would keep something of each for as long as the camera runs.
    let failure: { error: unknown } | undefined;
    const { onUnit, onFormat, meter } = this.#options;
    const sourceFps = source.format.fps;
    this.#make = (rung) => {
      const made: RungEncoder = new RungEncoder({
        rung,
        encoder: this.#recipes.of(rung.id),
        sourceFps,
        onUnit: (unit) => {
          onPicture(unit.encodedAtMs);
          this.#recipes.worked(rung.id);
          this.#broken.worked(rung.id, unit.encodedAtMs);
          meter?.encoded(rung.id, unit);
          onUnit(unit, rung.id);
        },
        onError: (error) => {
          // Nobody has the pictures any more of one that was dismissed.
          if (this.#encoders.get(rung.id) !== made || failure) return;
          if (!made.works) {
            this.#recipes.refused(rung.id);
            this.#tellEncoders();
          }
          if (this.#pausesAlone(rung.id, made, error)) return;
          failure = { error };
          attempt.abort();
        },
        onDrop: (reason) => meter?.dropped(reason, rung.id),
      });
      return made;
    };
    if (!this.#resting) this.#setEncoders(this.#rungs);
    try {
      for await (const { frame, capturedAtMs } of source.frames(signal)) {
        if (signal.aborted) break;
        meter?.captured(capturedAtMs);
        onFormat?.({ ...inSquarePixels(frame), fps: sourceFps });
        this.#newest.hold({ frame, capturedAtMs });
        this.#offer({ frame, capturedAtMs });
      }
    } catch (error) {
      if (!failure) throw error;
    } finally {
      this.#make = undefined;
      for (const encoder of this.#encoders.values()) this.#dismiss(encoder);
      this.#encoders.clear();
      attempt.abort();
      // The source may be closed only when nothing reads from it any more.
      await Promise.all(this.#leaving);
      this.#newest.letGo();
    }
    if (failure) throw failure.error;
  }

  /** Whoever has another rung, whose encoder works, is not to lose the camera for this one's. */
  #pausesAlone(rung: number, encoder: RungEncoder, error: unknown): boolean {
    if (![...this.#encoders.values()].some((other) => other !== encoder && other.works)) return false;
    this.#encoders.delete(rung);
    this.#dismiss(encoder);
    this.#options.onFailure(error, this.#broken.failed(rung, performance.now()));
    return true;
  }

  #dismiss(encoder: RungEncoder): void {
    const left = encoder[Symbol.asyncDispose]().finally(() => this.#leaving.delete(left));
    this.#leaving.add(left);
  }

  #offer({ frame, capturedAtMs }: CapturedFrame): void {
    for (const encoder of this.#encoders.values()) encoder.offer(frame, capturedAtMs);
  }
}
