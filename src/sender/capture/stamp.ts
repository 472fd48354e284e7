/**
 * The machine-readable stamp that the test pattern carries in its pixels: 80 bits as black and white
 * cells in two rows of forty along the picture's lower edge. It survives scaling and heavy compression, so
 * that tests and benches can tell from a decoded frame when it was drawn and that it is not frozen.
 *
 * Bits, most significant first: 4 of sync (1010), 44 of milliseconds since the Unix epoch, 24 of frame
 * counter, 8 of CRC-8 (polynomial 0x07) over the 72 before it.
 */
export interface Stamp {
  /** When the frame was drawn, milliseconds since the Unix epoch. */
  drawnAtMs: number;
  /** Frames drawn before this one, modulo 2^24. */
  counter: number;
}

export const STAMP_COLUMNS = 40;
export const STAMP_ROWS = 2;

export const SYNC = [1, 0, 1, 0];
export const TIME_BITS = 44;
export const COUNTER_BITS = 24;
export const CRC_BITS = 8;

/**
 * Where the cells stand in a picture: cell (column, row) begins at x = column * cellWidth, y = top + row * cellHeight.
 * The width of a cell may be broken: rounded, the columns of a scaled picture would drift apart.
 */
export function stampLayout(width: number, height: number): { cellWidth: number; cellHeight: number; top: number } {
  const cellWidth = width / STAMP_COLUMNS;
  const cellHeight = Math.min(Math.floor(cellWidth), Math.max(4, Math.floor(height / 45))) & ~1;
  return { cellWidth, cellHeight, top: height - STAMP_ROWS * cellHeight };
}

export function encodeStamp(stamp: Stamp): number[] {
  const payload = [
    ...SYNC,
    ...toBits(stamp.drawnAtMs, TIME_BITS),
    ...toBits(stamp.counter % 2 ** COUNTER_BITS, COUNTER_BITS),
  ];
  return [...payload, ...toBits(crc8(payload), CRC_BITS)];
}

function toBits(value: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => Math.floor(value / 2 ** (count - 1 - i)) % 2);
}

export function crc8(bits: readonly number[]): number {
  let crc = 0;
  for (const bit of bits) {
    const carry = (crc >> 7) ^ bit;
    crc = ((crc << 1) & 0xff) ^ (carry ? 0x07 : 0);
  }
  return crc;
}
