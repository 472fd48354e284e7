import type { CameraStats } from "../protocol/stats.ts";

/** Of the pictures that were to be encoded: fewer nobody sees missing. */
const DROPPED_SHARE = 0.1;
/** A start, a keyframe or a busy moment of this machine is over sooner. */
const SLOW_MS = 5_000;
/** What is slow again within this time is no news. */
const WELL_MS = 60_000;

/** What is looked at about once a second. */
export type EncoderLook = Pick<CameraStats, "framesEncoded" | "framesDroppedEncoderBusy"> & {
  rungs: readonly Pick<CameraStats["rungs"][number], "fps" | "encodeMs">[];
};

/** Decides when an owner is to be told that the encoder is too slow: once, until all has been well for a minute. */
export class SlowEncoder {
  #before: EncoderLook | undefined;
  #slowSinceMs: number | undefined;
  #wellSinceMs: number | undefined;
  #told = false;

  /** @returns whether it is to be told now */
  update(look: EncoderLook, nowMs: number): boolean {
    const verdict = this.#before && verdictOf(this.#before, look);
    this.#before = look;
    this.#slowSinceMs = verdict === "slow" ? (this.#slowSinceMs ?? nowMs) : undefined;
    this.#wellSinceMs = verdict === "well" ? (this.#wellSinceMs ?? nowMs) : undefined;
    if (this.#wellSinceMs !== undefined && nowMs - this.#wellSinceMs >= WELL_MS) this.#told = false;
    if (this.#told || this.#slowSinceMs === undefined || nowMs - this.#slowSinceMs < SLOW_MS) return false;
    this.#told = true;
    return true;
  }
}

/** Nobody watches, or the camera gave nothing: that says nothing of the encoder. */
function verdictOf(before: EncoderLook, now: EncoderLook): "slow" | "well" | "idle" {
  const encoded = now.framesEncoded - before.framesEncoded;
  const dropped = now.framesDroppedEncoderBusy - before.framesDroppedEncoderBusy;
  if (encoded + dropped === 0) return "idle";
  if (dropped < DROPPED_SHARE * (encoded + dropped)) return "well";
  return now.rungs.some(isLate) ? "slow" : "well";
}

/** A camera whose pictures come in bursts has some dropped by an encoder that is fast. */
function isLate({ fps, encodeMs }: EncoderLook["rungs"][number]): boolean {
  return encodeMs === undefined || encodeMs > 1_000 / fps;
}
