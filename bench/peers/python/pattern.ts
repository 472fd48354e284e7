import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { forEachDot, GLYPH_ADVANCE, GLYPH_HEIGHT } from "../../../src/sender/capture/glyphs.ts";
import { drawBackground } from "../../../src/sender/capture/pattern-picture.ts";

const CHARACTERS = "0123456789:.#";

/**
 * Writes what picture.py draws the pattern with.
 * @returns a new folder, the caller's to remove
 */
export function writePattern({ width, height }: { width: number; height: number }): string {
  const dir = mkdtempSync(join(tmpdir(), "sightline-bench-"));
  const size = width * height;
  const bytes = new Uint8Array(size * 1.5);
  drawBackground({
    width,
    height,
    planes: [bytes.subarray(0, size), bytes.subarray(size, size * 1.25), bytes.subarray(size * 1.25)],
    strides: [width, width / 2, width / 2],
  });
  writeFileSync(join(dir, "background.i420"), bytes);
  const dots = Object.fromEntries(Array.from(CHARACTERS, (character) => [character, dotsOf(character)]));
  writeFileSync(join(dir, "glyphs.json"), JSON.stringify({ advance: GLYPH_ADVANCE, height: GLYPH_HEIGHT, dots }));
  return dir;
}

function dotsOf(character: string): [number, number][] {
  const dots: [number, number][] = [];
  forEachDot(character, (column, row) => dots.push([column, row]));
  return dots;
}
