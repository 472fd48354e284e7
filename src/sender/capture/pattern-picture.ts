import { forEachDot, GLYPH_ADVANCE, GLYPH_HEIGHT } from "./glyphs.ts";
import { BLACK, type Colour, fillRect, fromRgb, type Picture, WHITE } from "./picture.ts";
import { encodeStamp, STAMP_COLUMNS, type Stamp, stampLayout } from "./stamp.ts";

const PANEL = fromRgb(13, 17, 23);
const ACCENT = fromRgb(61, 220, 151);
const FAINT = fromRgb(139, 155, 176);
const BARS = [
  fromRgb(191, 191, 191),
  fromRgb(191, 191, 0),
  fromRgb(0, 191, 191),
  fromRgb(0, 191, 0),
  fromRgb(191, 0, 191),
  fromRgb(191, 0, 0),
  fromRgb(0, 0, 191),
];

/** The parts of the pattern that never move; drawn once. */
export function drawBackground(picture: Picture): void {
  const { width, height } = picture;
  const barsBottom = Math.round(height * 0.3);
  fillRect(picture, { x: 0, y: 0, width, height }, PANEL);
  BARS.forEach((colour, i) => {
    const x = Math.round((width * i) / BARS.length);
    const right = Math.round((width * (i + 1)) / BARS.length);
    fillRect(picture, { x, y: 0, width: right - x, height: barsBottom }, colour);
  });
  const steps = 16;
  const step = { y: barsBottom, width: Math.ceil(width / steps) + 1, height: Math.round(height * 0.06) };
  for (let i = 0; i < steps; i++) {
    const grey = Math.round((255 * i) / (steps - 1));
    fillRect(picture, { ...step, x: Math.round((width * i) / steps) }, fromRgb(grey, grey, grey));
  }
}

/** Nothing above this row moves. Even, because chroma is halved. */
export function movingTop(height: number): number {
  return Math.round(height * 0.45) & ~1;
}

/** What changes with every frame: the clock, the counter, a sweeping block and the stamp. */
export function drawMoving(picture: Picture, stamp: Stamp, fps: number): void {
  const { width, height } = picture;
  const clock = clockText(stamp.drawnAtMs);
  const dot = Math.max(2, Math.floor((width * 0.8) / (clock.length * GLYPH_ADVANCE)) & ~1);
  drawText(picture, clock, { y: movingTop(height), dot, colour: WHITE });
  const y = Math.round(height * 0.49) + GLYPH_HEIGHT * dot;
  drawText(picture, `#${stamp.counter}`, { y, dot: Math.max(2, (dot >> 1) & ~1), colour: FAINT });

  const trackTop = Math.round(height * 0.88);
  const block = Math.max(8, Math.round(width / 24));
  const period = Math.max(2, Math.round(fps * 2));
  const phase = (stamp.counter % period) / period;
  const along = phase < 0.5 ? phase * 2 : 2 - phase * 2;
  const x = Math.round((width - block) * along);
  fillRect(picture, { x, y: trackTop, width: block, height: Math.max(4, Math.round(height * 0.03)) }, ACCENT);

  drawStamp(picture, stamp);
}

function drawStamp(picture: Picture, stamp: Stamp): void {
  const { cellWidth, cellHeight, top } = stampLayout(picture.width, picture.height);
  encodeStamp(stamp).forEach((bit, i) => {
    const column = i % STAMP_COLUMNS;
    const row = Math.floor(i / STAMP_COLUMNS);
    const x = nearestEven(column * cellWidth);
    const width = nearestEven((column + 1) * cellWidth) - x;
    fillRect(picture, { x, y: top + row * cellHeight, width, height: cellHeight }, bit ? WHITE : BLACK);
  });
}

/** Where a side falls on the grid of {@link fillRect} with the least shift, so that narrow cells keep their middle. */
function nearestEven(x: number): number {
  return Math.round(x / 2) * 2;
}

interface TextStyle {
  /** Its top. */
  y: number;
  /** How large each dot is. */
  dot: number;
  colour: Colour;
}

/** In the middle of the picture's width. */
function drawText(picture: Picture, text: string, { y, dot, colour }: TextStyle): void {
  const left = Math.round((picture.width - text.length * GLYPH_ADVANCE * dot) / 2);
  forEachDot(text, (column, row) => {
    fillRect(picture, { x: left + column * dot, y: y + row * dot, width: dot, height: dot }, colour);
  });
}

function clockText(epochMs: number): string {
  const time = new Date(epochMs);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${String(time.getMilliseconds()).padStart(3, "0")}`;
}
