import {
  COUNTER_BITS,
  CRC_BITS,
  crc8,
  STAMP_COLUMNS,
  STAMP_ROWS,
  type Stamp,
  SYNC,
  stampLayout,
  TIME_BITS,
} from "../../src/sender/capture/stamp.ts";

/** `undefined` when the bits are no stamp: wrong length, sync or checksum. */
export function decodeStamp(bits: readonly number[]): Stamp | undefined {
  if (bits.length !== STAMP_COLUMNS * STAMP_ROWS || SYNC.some((bit, i) => bits[i] !== bit)) return undefined;
  const payload = bits.slice(0, -CRC_BITS);
  if (fromBits(bits.slice(-CRC_BITS)) !== crc8(payload)) return undefined;
  return {
    drawnAtMs: fromBits(payload.slice(SYNC.length, SYNC.length + TIME_BITS)),
    counter: fromBits(payload.slice(-COUNTER_BITS)),
  };
}

/**
 * Reads the stamp out of a picture.
 * @param lumaAt brightness 0..255 at a pixel
 */
export function readStamp(width: number, height: number, lumaAt: (x: number, y: number) => number): Stamp | undefined {
  const { cellWidth, cellHeight, top } = stampLayout(width, height);
  const bits: number[] = [];
  for (let row = 0; row < STAMP_ROWS; row++) {
    for (let column = 0; column < STAMP_COLUMNS; column++) {
      const x = Math.floor((column + 0.5) * cellWidth);
      const y = top + row * cellHeight + (cellHeight >> 1);
      bits.push(lumaAt(x, y) > 127 ? 1 : 0);
    }
  }
  return decodeStamp(bits);
}

function fromBits(bits: readonly number[]): number {
  return bits.reduce((value, bit) => value * 2 + bit, 0);
}
