export interface PictureFormat {
  width: number;
  height: number;
  fps: number;
}

export interface RungShape extends PictureFormat {
  bitrateBps: number;
}

export interface AllocationInput {
  /** What may be sent now. */
  targetBps: number;
  /** What the link is thought to carry, which is more while a queue is being drained. */
  estimateBps: number;
  /** That it is so little is not known to last: no reason for a smaller picture. */
  doubted?: boolean;
  /** That it is so little is a guess: a reason for a smaller picture as soon as it is known. */
  guessed?: boolean;
}

/** What is given up, in this order: first frame rate, which a viewer minds less than mush, then size. */
const STEPS = [
  { scale: 1, fpsShare: 1 },
  { scale: 1, fpsShare: 2 / 3 },
  { scale: 1, fpsShare: 1 / 2 },
  { scale: 3 / 4, fpsShare: 1 / 2 },
  { scale: 1 / 2, fpsShare: 1 / 2 },
  { scale: 3 / 8, fpsShare: 1 / 2 },
  { scale: 1 / 4, fpsShare: 1 / 2 },
];
/** H.264 in real time turns to mush below: 0.83 Mbps for 720p30. */
const BITS_PER_PIXEL_MIN = 0.03;
/** Fewer pictures a second are a slide show. */
const FPS_MIN = 10;
const HEIGHT_MIN = 144;
/** A new format costs a keyframe, so that a short dip should not bring it about. */
const DOWN_AFTER_MS = 500;
const UP_AFTER_MS = 5_000;
const UP_MARGIN = 1.3;

/** The formats that a source can be encoded in, each cheaper than the one before. */
export function formatsOf({ width, height, fps }: PictureFormat): PictureFormat[] {
  const formats = STEPS.map(({ scale, fpsShare }) => ({
    width: even(width * scale),
    height: even(height * scale),
    fps: Math.round(Math.max(fps * fpsShare, Math.min(fps, FPS_MIN)) * 100) / 100,
  }));
  const cheaper = formats.filter((format, i) => {
    const before = formats[i - 1];
    return !before || leastBitrateBps(format) < leastBitrateBps(before);
  });
  return cheaper.filter(({ height }, i) => i === 0 || height >= HEIGHT_MIN);
}

/** The least bitrate at which a format is worth looking at. */
export function leastBitrateBps({ width, height, fps }: PictureFormat): number {
  return Math.round(width * height * fps * BITS_PER_PIXEL_MIN);
}

/**
 * How a single encoder follows the estimate: by its bitrate at once, and where that is too low for the pixels by frame
 * rate, then size; down after half a second, up after five with room to spare.
 */
export class Allocation {
  readonly #formats: readonly PictureFormat[];
  #index = 0;
  #tooLowSinceMs: number | undefined;
  #roomSinceMs: number | undefined;

  /** @param startBps the format that it begins with fits this; the source's own when absent */
  constructor(source: PictureFormat, startBps = Number.POSITIVE_INFINITY) {
    this.#formats = formatsOf(source);
    const fitting = this.#formats.findIndex((format) => startBps >= leastBitrateBps(format));
    this.#index = fitting < 0 ? this.#formats.length - 1 : fitting;
  }

  update({ targetBps, estimateBps, doubted = false, guessed = false }: AllocationInput, nowMs: number): RungShape {
    if (doubted) this.#tooLowSinceMs = undefined;
    else this.#down(estimateBps, guessed, nowMs);
    this.#up(estimateBps, nowMs);
    return { ...this.#format(this.#index), bitrateBps: Math.round(targetBps) };
  }

  #down(estimateBps: number, guessed: boolean, nowMs: number): void {
    if (estimateBps >= leastBitrateBps(this.#format(this.#index))) {
      this.#tooLowSinceMs = undefined;
      return;
    }
    this.#tooLowSinceMs ??= nowMs;
    if (guessed || nowMs - this.#tooLowSinceMs < DOWN_AFTER_MS) return;
    const fitting = this.#formats.findIndex((format) => estimateBps >= leastBitrateBps(format));
    this.#index = fitting < 0 ? this.#formats.length - 1 : fitting;
    this.#tooLowSinceMs = undefined;
    this.#roomSinceMs = undefined;
  }

  #up(estimateBps: number, nowMs: number): void {
    const wanted = this.#index - 1;
    if (wanted < 0 || estimateBps < UP_MARGIN * leastBitrateBps(this.#format(wanted))) {
      this.#roomSinceMs = undefined;
      return;
    }
    this.#roomSinceMs ??= nowMs;
    if (nowMs - this.#roomSinceMs < UP_AFTER_MS) return;
    const fitting = this.#formats.findIndex((format) => estimateBps >= UP_MARGIN * leastBitrateBps(format));
    this.#index = Math.min(fitting, wanted);
    this.#roomSinceMs = undefined;
  }

  #format(index: number): PictureFormat {
    const format = this.#formats[index];
    if (!format) throw new RangeError(`There is no picture format ${index}.`);
    return format;
  }
}

function even(length: number): number {
  return Math.max(2, Math.round(length / 2) * 2);
}
