import type { EncoderStats } from "../protocol/stats.ts";
import type { RungWork } from "./stats/camera-meter.ts";

/** Of the pictures that were to be encoded: fewer nobody sees missing. */
const DROPPED_SHARE = 0.1;
/** A start, a keyframe or a busy moment of this machine is over sooner. */
const SLOW_MS = 5_000;
/** What is slow again within this time is no news. */
const WELL_MS = 60_000;

/** One rung that is being encoded. */
type RungLook = Pick<EncoderStats, "id" | "fps" | "encodeMs">;

/** Decides when an owner is to be told that the encoder is too slow: once, until all has been well for a minute. */
export class SlowEncoder {
  /** By rung. */
  #slowSinceMs = new Map<number, number>();
  #wellSinceMs: number | undefined;
  #told = false;

  /**
   * To be told about once a second.
   * @param work what became of their pictures since the last time
   * @returns the rung that is to be told of now, the slowest
   */
  update<R extends RungLook>(rungs: readonly R[], work: ReadonlyMap<number, RungWork>, nowMs: number): R | undefined {
    const before = this.#slowSinceMs;
    const slow = rungs.filter((rung) => isSlow(rung, work.get(rung.id)));
    this.#slowSinceMs = new Map(slow.map(({ id }) => [id, before.get(id) ?? nowMs]));
    // Nobody watches, or the camera gave nothing: that says nothing of the encoder.
    const isWell = slow.length === 0 && rungs.some(({ id }) => work.has(id));
    this.#wellSinceMs = isWell ? (this.#wellSinceMs ?? nowMs) : undefined;
    if (this.#wellSinceMs !== undefined && nowMs - this.#wellSinceMs >= WELL_MS) this.#told = false;
    const lasting = slow.filter(({ id }) => nowMs - (before.get(id) ?? nowMs) >= SLOW_MS);
    if (this.#told || lasting.length === 0) return undefined;
    this.#told = true;
    return lasting.toSorted((a, b) => lateness(b) - lateness(a))[0];
  }
}

/** Each by its own pictures: one may drop them because they come in bursts, while another is late and drops none. */
function isSlow(rung: RungLook, work: RungWork | undefined): boolean {
  return work !== undefined && work.dropped >= DROPPED_SHARE * (work.encoded + work.dropped) && lateness(rung) > 1;
}

/** In pictures' times. A camera whose pictures come in bursts has some dropped by an encoder that is fast. */
function lateness({ fps, encodeMs = Number.POSITIVE_INFINITY }: RungLook): number {
  return (encodeMs * fps) / 1_000;
}
