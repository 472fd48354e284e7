import { describe, expect, it } from "vitest";
import { drawBackground, drawMoving } from "../../src/sender/capture/pattern-picture.ts";
import { fillRect, type Picture, WHITE } from "../../src/sender/capture/picture.ts";
import { encodeStamp, STAMP_COLUMNS, STAMP_ROWS } from "../../src/sender/capture/stamp.ts";
import { decodeStamp, readStamp } from "../support/read-stamp.ts";

const STAMP = { drawnAtMs: 1_795_000_123_456, counter: 0xabcdef };
/** Every bit set and none, and what lies between. */
const STAMPS = [STAMP, { drawnAtMs: 0, counter: 0 }, { drawnAtMs: 2 ** 44 - 1, counter: 2 ** 24 - 1 }];

function emptyPicture(width: number, height: number): Picture {
  const [halfWidth, halfHeight] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const plane = (size: number) => new Uint8Array(size).fill(128);
  const planes = [plane(width * height), plane(halfWidth * halfHeight), plane(halfWidth * halfHeight)] as const;
  return { width, height, planes, strides: [width, halfWidth, halfWidth] };
}

function drawn(width: number, height: number, stamp = STAMP): Picture {
  const picture = emptyPicture(width, height);
  drawBackground(picture);
  drawMoving(picture, stamp, 30);
  return picture;
}

function lumaOf({ planes: [luma], strides: [stride] }: Picture) {
  return (x: number, y: number) => luma[y * stride + x] ?? 0;
}

/** As a browser scales: each pixel the mean of the four around its place. */
function scaled(picture: Picture, width: number, height: number) {
  const at = lumaOf(picture);
  const clamp = (value: number, size: number) => Math.min(size - 1, Math.max(0, value));
  return (x: number, y: number) => {
    const sourceX = ((x + 0.5) * picture.width) / width - 0.5;
    const sourceY = ((y + 0.5) * picture.height) / height - 0.5;
    const [left, top] = [Math.floor(sourceX), Math.floor(sourceY)];
    const [right, bottom] = [sourceX - left, sourceY - top];
    const pixel = (dx: number, dy: number) => at(clamp(left + dx, picture.width), clamp(top + dy, picture.height));
    const upper = pixel(0, 0) * (1 - right) + pixel(1, 0) * right;
    const lower = pixel(0, 1) * (1 - right) + pixel(1, 1) * right;
    return upper * (1 - bottom) + lower * bottom;
  };
}

describe("a stamp's bits", () => {
  it.each(STAMPS)("are read as they were written: %j", (stamp) => {
    const bits = encodeStamp(stamp);
    expect(bits).toHaveLength(STAMP_COLUMNS * STAMP_ROWS);
    expect(decodeStamp(bits)).toEqual(stamp);
  });

  it("carry a counter that starts over", () => {
    expect(decodeStamp(encodeStamp({ drawnAtMs: 5, counter: 2 ** 24 + 3 }))).toEqual({ drawnAtMs: 5, counter: 3 });
  });

  it.each(STAMPS)("are refused when any one, or any two neighbours, are flipped: %j", (stamp) => {
    const bits = encodeStamp(stamp);
    const flip = (...places: number[]) => bits.map((bit, i) => (places.includes(i) ? 1 - bit : bit));
    for (let i = 0; i < bits.length; i++) {
      expect(decodeStamp(flip(i)), `bit ${i}`).toBeUndefined();
      expect(decodeStamp(flip(i, i + 1)), `bits ${i} and ${i + 1}`).toBeUndefined();
    }
  });

  it("are refused in any other number", () => {
    expect(decodeStamp(encodeStamp(STAMP).slice(1))).toBeUndefined();
    expect(decodeStamp([...encodeStamp(STAMP), 0])).toBeUndefined();
    expect(decodeStamp([])).toBeUndefined();
  });
});

describe("a picture that is", () => {
  it.each([0, 16, 127, 128, 235, 255])("all of brightness %i has no stamp", (luma) => {
    expect(readStamp(1280, 720, () => luma)).toBeUndefined();
  });

  it("noise has no stamp", () => {
    let state = 1;
    const noise = () => {
      state = (state * 48_271) % 0x7fffffff;
      return state & 0xff;
    };
    const found = Array.from({ length: 1_000 }, () => readStamp(1280, 720, noise)).filter(Boolean);
    // Sync and checksum are 12 bits: one in 4,096 would pass.
    expect(found.length).toBeLessThanOrEqual(2);
  });
});

describe("a stamp drawn into a picture is read out of it", () => {
  it.each([
    [1280, 720],
    [1920, 1080],
    [3840, 2160],
    [640, 480],
    [854, 480],
    [426, 240],
    [320, 180],
    [160, 120],
    [90, 160],
    [82, 100],
    [80, 60],
    [720, 1280],
    [1000, 562],
    [853, 479],
    [641, 361],
    [1279, 719],
  ])("at %ix%i", (width, height) => {
    for (const stamp of STAMPS) {
      const picture = drawn(width, height, stamp);
      expect(readStamp(width, height, lumaOf(picture))).toEqual(stamp);
    }
  });

  it("and not when it is gone or out of date", () => {
    const picture = drawn(1280, 720);
    drawMoving(picture, { ...STAMP, counter: STAMP.counter + 1 }, 30);
    expect(readStamp(1280, 720, lumaOf(picture))?.counter).toBe(STAMP.counter + 1);
    fillRect(picture, { x: 0, y: 600, width: 1280, height: 120 }, WHITE);
    expect(readStamp(1280, 720, lumaOf(picture))).toBeUndefined();
  });

  it.each([
    [1280, 720, 1920, 1080],
    [1280, 720, 960, 540],
    [1280, 720, 854, 480],
    [1280, 720, 853, 479],
    [1280, 720, 640, 360],
    [1280, 720, 426, 240],
    [1280, 720, 320, 180],
    [640, 480, 500, 375],
    [1920, 1080, 1366, 768],
    [854, 480, 1280, 720],
    [720, 1280, 405, 720],
  ])("at %ix%i and scaled to %ix%i", (width, height, toWidth, toHeight) => {
    for (const stamp of STAMPS) {
      expect(readStamp(toWidth, toHeight, scaled(drawn(width, height, stamp), toWidth, toHeight))).toEqual(stamp);
    }
  });
});
