import type { CameraStats, EncoderStats } from "../protocol/stats.ts";

/** Of the pictures that were to be encoded: fewer nobody sees missing. */
const DROPPED_SHARE = 0.1;
/** A start, a keyframe or a busy moment of this machine is over sooner. */
const SLOW_MS = 5_000;
/** What is slow again within this time is no news. */
const WELL_MS = 60_000;

/** What is looked at about once a second. */
export type EncoderLook<R extends RungLook = RungLook> = Pick<
  CameraStats,
  "framesEncoded" | "framesDroppedEncoderBusy"
> & { rungs: readonly R[] };
type RungLook = Pick<EncoderStats, "fps" | "encodeMs">;

/** Decides when an owner is to be told that the encoder is too slow: once, until all has been well for a minute. */
export class SlowEncoder {
  #before: EncoderLook | undefined;
  #slowSinceMs: number | undefined;
  #wellSinceMs: number | undefined;
  #told = false;

  /** @returns the rung that is to be told of now, the slowest */
  update<R extends RungLook>(look: EncoderLook<R>, nowMs: number): R | undefined {
    const verdict = this.#before && verdictOf(this.#before, look);
    this.#before = look;
    this.#slowSinceMs = verdict === "slow" ? (this.#slowSinceMs ?? nowMs) : undefined;
    this.#wellSinceMs = verdict === "well" ? (this.#wellSinceMs ?? nowMs) : undefined;
    if (this.#wellSinceMs !== undefined && nowMs - this.#wellSinceMs >= WELL_MS) this.#told = false;
    if (this.#told || this.#slowSinceMs === undefined || nowMs - this.#slowSinceMs < SLOW_MS) return undefined;
    this.#told = true;
    return look.rungs.toSorted((a, b) => lateness(b) - lateness(a))[0];
  }
}

/** Nobody watches, or the camera gave nothing: that says nothing of the encoder. */
function verdictOf(before: EncoderLook, now: EncoderLook): "slow" | "well" | "idle" {
  const encoded = now.framesEncoded - before.framesEncoded;
  const dropped = now.framesDroppedEncoderBusy - before.framesDroppedEncoderBusy;
  if (encoded + dropped === 0) return "idle";
  // The counts are of all rungs, and one may be slow.
  if (dropped * now.rungs.length < DROPPED_SHARE * (encoded + dropped)) return "well";
  return now.rungs.some((rung) => lateness(rung) > 1) ? "slow" : "well";
}

/** In pictures' times. A camera whose pictures come in bursts has some dropped by an encoder that is fast. */
function lateness({ fps, encodeMs = Number.POSITIVE_INFINITY }: RungLook): number {
  return (encodeMs * fps) / 1_000;
}
