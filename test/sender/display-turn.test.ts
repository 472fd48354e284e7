import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Frame, Log } from "node-av";
import { AV_LOG_QUIET } from "node-av/constants";
import { afterAll, describe, expect, it } from "vitest";
import { chooseCamera } from "../../src/sender/capture/camera.ts";
import { turnOf } from "../../src/sender/capture/display-turn.ts";
import { inSquarePixels } from "../../src/sender/square-pixels.ts";
import { writeClip } from "./support/clip.ts";
import { lumaAt } from "./support/frames.ts";

Log.setLevel(AV_LOG_QUIET);

const ONE = 65_536;
const folder = mkdtempSync(join(tmpdir(), "sightline-turn-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The four numbers that turn; the others stand still. */
const matrixOf = (a: number, b: number, c: number, d: number) =>
  [a, b, 0, c, d, 0, 0, 0, 2 ** 30].map((number) => Math.round(number));

describe("a display matrix", () => {
  const matrix = (a: number, b: number, c: number, d: number) =>
    Buffer.from(Int32Array.from(matrixOf(a, b, c, d)).buffer);

  it.each([
    ["no matrix", null, 0],
    ["one that is cut short", Buffer.alloc(12), 0],
    ["zeros", matrix(0, 0, 0, 0), 0],
    ["an upright picture", matrix(ONE, 0, 0, ONE), 0],
    ["a telephone held upright", matrix(0, ONE, -ONE, 0), 90],
    ["one upside down", matrix(-ONE, 0, 0, -ONE), 180],
    ["one held upright the other way", matrix(0, -ONE, ONE, 0), 270],
    ["a mirrored picture", matrix(-ONE, 0, 0, ONE), 0],
    ["an oblique one", matrix(0.8 * ONE, 0.6 * ONE, -0.6 * ONE, 0.8 * ONE), 0],
  ] as const)("of %s", (_, bytes, turn) => {
    expect(turnOf(bytes)).toBe(turn);
  });
});

/** Its top left quarter is bright. */
function drawCorner(frame: Frame): void {
  const [luma] = frame.data ?? [];
  const [stride = 0] = frame.linesize;
  for (let y = 0; y < frame.height / 2; y++) luma?.fill(220, y * stride, y * stride + frame.width / 2);
}

/** Overwrites the matrix in the track's header (ISO/IEC 14496-12 section 8.3.2). */
function writeMatrix(path: string, matrix: number[]): void {
  const file = readFileSync(path);
  const at = file.indexOf("tkhd") + 4 + 40;
  for (const [i, number] of matrix.entries()) file.writeInt32BE(number, at + 4 * i);
  writeFileSync(path, file);
}

const LYING = { width: 160, height: 96 };

it.each([
  ["not", matrixOf(ONE, 0, 0, ONE), [1, 1], [160, 96], "top left"],
  ["by a quarter", matrixOf(0, ONE, -ONE, 0), [1, 1], [96, 160], "top right"],
  ["by a half", matrixOf(-ONE, 0, 0, -ONE), [1, 1], [160, 96], "bottom right"],
  ["by three quarters", matrixOf(0, -ONE, ONE, 0), [1, 1], [96, 160], "bottom left"],
  ["with oblong pixels", matrixOf(0, ONE, -ONE, 0), [3, 2], [64, 160], "top right"],
] as const)("a recording is turned %s", async (_, matrix, [num, den], [width, height], corner) => {
  const path = join(folder, "clip.mp4");
  await writeClip(path, { ...LYING, lumas: [60, 60], fps: 20, sampleAspectRatio: [num, den], draw: drawCorner });
  writeMatrix(path, matrix);
  await using source = await chooseCamera(path, {}).open(AbortSignal.timeout(5_000));
  expect(source.format).toMatchObject({ width, height });
  let pictures = 0;
  for await (const { frame } of source.frames(AbortSignal.timeout(5_000))) {
    expect(inSquarePixels(frame)).toEqual({ width, height });
    const [x, y] = [frame.width / 4, frame.height / 4];
    const corners = {
      "top left": [x, y],
      "top right": [3 * x, y],
      "bottom left": [x, 3 * y],
      "bottom right": [3 * x, 3 * y],
    };
    const bright = Object.entries(corners).filter(([, [x = 0, y = 0]]) => lumaAt(frame, x, y) > 150);
    expect(bright.map(([name]) => name)).toEqual([corner]);
    if (++pictures === 2) break;
  }
  expect(pictures).toBe(2);
});
