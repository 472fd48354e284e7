/** Clockwise, in degrees. */
export type Turn = 0 | 90 | 180 | 270;

const ENTRIES = 9;
/** How far from a whole quarter a matrix may be, in radians. */
const SLACK = 0.01;

/**
 * By how much a picture has to be turned to be upright, as a telephone that was held upright writes into its recordings.
 * @param matrix FFmpeg's display matrix: nine 32-bit numbers of this machine's byte order
 * @returns 0 for what is mirrored, oblique, or no matrix
 */
export function turnOf(matrix: Buffer | null): Turn {
  if (!matrix || matrix.length < 4 * ENTRIES) return 0;
  const [a = 0, b = 0, , c = 0, d = 0] = new Int32Array(matrix.buffer.slice(matrix.byteOffset, matrix.byteOffset + 20));
  if (a * d - b * c <= 0) return 0;
  const quarters = Math.atan2(b, a) / (Math.PI / 2);
  if (Math.abs(quarters - Math.round(quarters)) > SLACK) return 0;
  return (((Math.round(quarters) + 4) % 4) * 90) as Turn;
}
