import { Overrun } from "./capture/overrun.ts";
import { Thinner } from "./capture/thinner.ts";
import type { Rung } from "./congestion/ladder.ts";
import { Encoding } from "./encode/encoding.ts";
import type { KeyframeNeed } from "./encode/keyframe-gate.ts";
import type { EncoderRecipe } from "./encode/recipe.ts";
import type { EncodedUnit } from "./encode/unit.ts";
import type { FrameDrop } from "./stats/camera-meter.ts";

export interface RungEncoderOptions {
  rung: Rung;
  encoder: EncoderRecipe;
  /** What the camera gives. */
  sourceFps: number;
  onUnit(unit: EncodedUnit): void;
  onError(error: unknown): void;
  onDrop?(reason: FrameDrop): void;
}

/** The encoder of one rung, and the thinning of the camera's pictures before it. It begins with a keyframe. */
export class RungEncoder implements AsyncDisposable {
  readonly #sourceFps: number;
  readonly #encoding: Encoding;
  readonly #onDrop: RungEncoderOptions["onDrop"];
  #thinner: Thinner | undefined;
  #overrun: Overrun | undefined;
  /** While the camera gives more than it said. */
  #relief: Thinner | undefined;
  #fps = 0;
  #works = false;

  constructor({ rung, encoder, sourceFps, onUnit, onError, onDrop }: RungEncoderOptions) {
    this.#sourceFps = sourceFps;
    this.#onDrop = onDrop;
    const settings = this.#shape(rung);
    this.#encoding = new Encoding({
      ...{ encoder, settings, onError },
      onUnit: (unit) => {
        this.#works = true;
        onUnit(unit);
      },
      onDrop: () => onDrop?.("encoder-busy"),
    });
    this.#encoding.requestKeyframe("join");
  }

  /** It has given a picture. */
  get works(): boolean {
    return this.#works;
  }

  offer(frame: Parameters<Encoding["offer"]>[0], capturedAtMs: number): void {
    if (this.#keeps(capturedAtMs)) {
      this.#encoding.offer(frame, capturedAtMs);
      return;
    }
    // Who comes from another rung with a keyframe has seen it there.
    this.#encoding.keep(frame, capturedAtMs);
    this.#onDrop?.("thinned");
  }

  #keeps(capturedAtMs: number): boolean {
    if (this.#thinner) return this.#thinner.keep(capturedAtMs);
    if (!this.#overrun?.update(capturedAtMs)) this.#relief = undefined;
    else this.#relief ??= new Thinner(this.#fps);
    return this.#relief?.keep(capturedAtMs) ?? true;
  }

  requestKeyframe(need: KeyframeNeed): void {
    this.#encoding.requestKeyframe(need);
  }

  /** A new bitrate is followed at once; a new size or rate begins with a keyframe. */
  configure(rung: Rung): void {
    this.#encoding.configure(this.#shape(rung));
  }

  #shape({ width, height, fps: wanted, bitrateBps }: Rung) {
    const fps = Math.min(wanted, this.#sourceFps);
    if (fps !== this.#fps) {
      this.#thinner = fps < this.#sourceFps * 0.95 ? new Thinner(fps) : undefined;
      this.#overrun = new Overrun(fps);
      this.#relief = undefined;
    }
    this.#fps = fps;
    return { width, height, fps, bitrateBps: Math.round(bitrateBps) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#encoding[Symbol.asyncDispose]();
  }
}
