/** An aspect ratio further from square is taken for a mistake. */
const RATIO_MAX = 4;

interface Ratio {
  num: number;
  den: number;
}

/** What a stream or a frame says of its pixels' shape; 0:1 where it does not. */
export interface Pixels {
  width: number;
  height: number;
  /** A pixel's width by its height. */
  sampleAspectRatio: Ratio;
}

/** The size at which a picture of oblong pixels, as of old television, looks right where pixels are square, as on screens. */
export function inSquarePixels({ width, height, sampleAspectRatio: { num, den } }: Pixels): {
  width: number;
  height: number;
} {
  const ratio = num > 0 && den > 0 ? num / den : 1;
  if (ratio === 1 || ratio > RATIO_MAX || ratio < 1 / RATIO_MAX) return { width, height };
  return { width: Math.round((width * ratio) / 2) * 2, height };
}
