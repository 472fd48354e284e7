import type { CameraStats, EncoderStats, RungStats } from "../../protocol/stats.ts";
import { median, tenths } from "./numbers.ts";

/** Over which rates and medians are taken. */
const WINDOW_MS = 2_000;

/** Of a picture's time: one that is later is not late, but missing. */
const OVERDUE = 1.5;

/** Why a captured frame was not encoded for a rung. */
export type FrameDrop = "encoder-busy" | "thinned";

/** What became of a rung's pictures in some time. */
export interface RungWork {
  encoded: number;
  /** A newer one came before the encoder had time for it. */
  dropped: number;
}

interface Encoded {
  atMs: number;
  tookMs: number;
}

/** Counts one camera's frames. `nowMs` is any clock that never goes back, as `capturedAtMs` and `encodedAtMs` are. */
export class CameraMeter {
  #captured: number[] = [];
  readonly #encoded = new Map<number, Encoded[]>();
  readonly #counts = { captured: 0, encoded: 0, keyframes: 0, "encoder-busy": 0, thinned: 0 };
  #work = new Map<number, RungWork>();

  captured(capturedAtMs: number): void {
    this.#counts.captured++;
    const kept = this.#captured.filter((atMs) => capturedAtMs - atMs < WINDOW_MS);
    // A rate takes two pictures, however far apart.
    this.#captured = [...(kept.length > 0 ? kept : this.#captured.slice(-1)), capturedAtMs];
  }

  dropped(reason: FrameDrop, rung: number): void {
    this.#counts[reason]++;
    if (reason === "encoder-busy") this.#workOf(rung).dropped++;
  }

  encoded(rung: number, unit: { keyframe: boolean; capturedAtMs: number; encodedAtMs: number }): void {
    this.#counts.encoded++;
    this.#workOf(rung).encoded++;
    if (unit.keyframe) this.#counts.keyframes++;
    const { encodedAtMs: atMs, capturedAtMs } = unit;
    const before = this.#encoded.get(rung);
    if (!before) this.#forget(atMs);
    const kept = (before ?? []).filter((each) => atMs - each.atMs < WINDOW_MS);
    this.#encoded.set(rung, [
      ...(kept.length > 0 ? kept : (before ?? []).slice(-1)),
      { atMs, tookMs: Math.max(0, atMs - capturedAtMs) },
    ]);
  }

  /** @returns by rung, what became of its pictures since this was asked the last time; nothing of a rung that had none */
  takeWork(): ReadonlyMap<number, RungWork> {
    const work = this.#work;
    this.#work = new Map();
    return work;
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
    const last = frames.at(-1);
    const encodedFps = fpsOf(
      frames.map(({ atMs }) => atMs),
      nowMs,
    );
    // One frame has no rate yet.
    const runs = encodedFps > 0 || (frames.length === 1 && !isOverdue(last?.atMs ?? 0, 1_000 / fps, nowMs));
    const encodeMs = median(frames.map(({ tookMs }) => tookMs));
    return {
      ...{ id, width, height, fps, bitrateBps: Math.round(bitrateBps) },
      encodedFps,
      ...(runs && last ? { encodeMs: tenths(encodeMs), lastEncodeMs: tenths(last.tookMs) } : {}),
    };
  }

  #workOf(rung: number): RungWork {
    const work = this.#work.get(rung) ?? { encoded: 0, dropped: 0 };
    this.#work.set(rung, work);
    return work;
  }

  /** Rungs come and go all day. */
  #forget(nowMs: number): void {
    for (const [rung, frames] of this.#encoded) {
      if (nowMs - (frames.at(-1)?.atMs ?? 0) > WINDOW_MS) this.#encoded.delete(rung);
    }
  }
}

/** Of a steady beat exactly its rate, however the window cuts it; 0 when the next picture is long overdue. */
function fpsOf(timesMs: readonly number[], nowMs: number): number {
  const recent = timesMs.filter((atMs) => nowMs - atMs < WINDOW_MS);
  const beat = recent.length > 1 ? recent : timesMs.slice(-2);
  const [first = 0] = beat;
  const last = beat.at(-1) ?? 0;
  const everyMs = (last - first) / (beat.length - 1);
  return everyMs > 0 && !isOverdue(last, everyMs, nowMs) ? tenths(1_000 / everyMs) : 0;
}

function isOverdue(lastAtMs: number, everyMs: number, nowMs: number): boolean {
  return nowMs - lastAtMs >= Math.max(WINDOW_MS, OVERDUE * everyMs);
}
