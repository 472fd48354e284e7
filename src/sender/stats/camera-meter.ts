import type { CameraStats, EncoderStats, RungStats } from "../../protocol/stats.ts";
import { median, tenths } from "./numbers.ts";

/** Over which rates and medians are taken. */
const WINDOW_MS = 2_000;

/** Why a captured frame was not encoded for a rung. */
export type FrameDrop = "encoder-busy" | "thinned";

interface Encoded {
  atMs: number;
  tookMs: number;
}

/** Counts one camera's frames. `nowMs` is any clock that never goes back, as `capturedAtMs` and `encodedAtMs` are. */
export class CameraMeter {
  #captured: number[] = [];
  readonly #encoded = new Map<number, Encoded[]>();
  readonly #counts = { captured: 0, encoded: 0, keyframes: 0, "encoder-busy": 0, thinned: 0 };

  captured(capturedAtMs: number): void {
    this.#counts.captured++;
    this.#captured = [...this.#captured.filter((atMs) => capturedAtMs - atMs < WINDOW_MS), capturedAtMs];
  }

  dropped(reason: FrameDrop): void {
    this.#counts[reason]++;
  }

  encoded(rung: number, unit: { keyframe: boolean; capturedAtMs: number; encodedAtMs: number }): void {
    this.#counts.encoded++;
    if (unit.keyframe) this.#counts.keyframes++;
    const { encodedAtMs: atMs, capturedAtMs } = unit;
    const before = this.#encoded.get(rung);
    if (!before) this.#forget(atMs);
    const kept = (before ?? []).filter((each) => atMs - each.atMs < WINDOW_MS);
    this.#encoded.set(rung, [...kept, { atMs, tookMs: Math.max(0, atMs - capturedAtMs) }]);
  }

  /** @param rungs those that are encoded now, best first */
  read(name: string, rungs: readonly RungStats[], nowMs: number): CameraStats {
    return {
      name,
      capturedFps: fpsOf(this.#captured, nowMs),
      framesCaptured: this.#counts.captured,
      framesEncoded: this.#counts.encoded,
      keyframes: this.#counts.keyframes,
      framesDroppedEncoderBusy: this.#counts["encoder-busy"],
      framesDroppedThinned: this.#counts.thinned,
      rungs: rungs.map((rung) => this.#encoder(rung, nowMs)),
    };
  }

  #encoder({ id, width, height, fps, bitrateBps }: RungStats, nowMs: number): EncoderStats {
    const frames = this.#encoded.get(id) ?? [];
    const times = frames.map(({ tookMs }) => tookMs);
    const last = times.at(-1);
    return {
      ...{ id, width, height, fps, bitrateBps: Math.round(bitrateBps) },
      encodedFps: fpsOf(
        frames.map(({ atMs }) => atMs),
        nowMs,
      ),
      ...(last === undefined ? {} : { encodeMs: tenths(median(times)), lastEncodeMs: tenths(last) }),
    };
  }

  /** Rungs come and go all day. */
  #forget(nowMs: number): void {
    for (const [rung, frames] of this.#encoded) {
      if (nowMs - (frames.at(-1)?.atMs ?? 0) > WINDOW_MS) this.#encoded.delete(rung);
    }
  }
}

/** Of a steady beat exactly its rate, however the window cuts it. */
function fpsOf(timesMs: readonly number[], nowMs: number): number {
  const recent = timesMs.filter((atMs) => nowMs - atMs < WINDOW_MS);
  const [first = 0] = recent;
  const spanMs = (recent.at(-1) ?? 0) - first;
  return spanMs > 0 ? tenths(((recent.length - 1) * 1_000) / spanMs) : 0;
}
