/** A planar YUV 4:2:0 picture in memory that somebody else owns. */
export interface Picture {
  width: number;
  height: number;
  planes: readonly [Uint8Array, Uint8Array, Uint8Array];
  strides: readonly [number, number, number];
}

export interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Studio-range BT.601 colour. */
export interface Colour {
  y: number;
  u: number;
  v: number;
}

export const BLACK: Colour = { y: 16, u: 128, v: 128 };
export const WHITE: Colour = { y: 235, u: 128, v: 128 };

export function fromRgb(r: number, g: number, b: number): Colour {
  return {
    y: Math.round(16 + 0.257 * r + 0.504 * g + 0.098 * b),
    u: Math.round(128 - 0.148 * r - 0.291 * g + 0.439 * b),
    v: Math.round(128 + 0.439 * r - 0.368 * g - 0.071 * b),
  };
}

/** Up to here setting each byte is quicker than a call that fills them. */
const SHORT_BYTES = 64;

/** Fills a rectangle, cut to the picture; sides fall on even pixels because chroma is halved. */
export function fillRect(picture: Picture, { x, y, width, height }: Rectangle, colour: Colour): void {
  const left = Math.max(0, x) & ~1;
  const top = Math.max(0, y) & ~1;
  const right = Math.min(picture.width, x + width) & ~1;
  const bottom = Math.min(picture.height, y + height) & ~1;
  if (right <= left || bottom <= top) return;
  const [luma, cb, cr] = picture.planes;
  const [lumaStride, cbStride, crStride] = picture.strides;
  for (let row = top; row < bottom; row++) fill(luma, colour.y, row * lumaStride + left, row * lumaStride + right);
  for (let row = top >> 1; row < bottom >> 1; row++) {
    fill(cb, colour.u, row * cbStride + (left >> 1), row * cbStride + (right >> 1));
    fill(cr, colour.v, row * crStride + (left >> 1), row * crStride + (right >> 1));
  }
}

function fill(plane: Uint8Array, value: number, from: number, to: number): void {
  if (to - from > SHORT_BYTES) plane.fill(value, from, to);
  else for (let i = from; i < to; i++) plane[i] = value;
}
