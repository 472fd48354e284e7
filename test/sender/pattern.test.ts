import { setTimeout as sleep } from "node:timers/promises";
import { Frame } from "node-av";
import { AV_PIX_FMT_YUV420P } from "node-av/constants";
import { describe, expect, it } from "vitest";
import { chooseCamera } from "../../src/sender/capture/camera.ts";
import { forEachDot } from "../../src/sender/capture/glyphs.ts";
import { patternCamera } from "../../src/sender/capture/pattern.ts";
import { fillRect, fromRgb, type Picture, WHITE } from "../../src/sender/capture/picture.ts";
import { readStamp } from "../support/read-stamp.ts";
import { lumaAt } from "./support/frames.ts";

const stampOf = (frame: Frame) => readStamp(frame.width, frame.height, (x, y) => lumaAt(frame, x, y));

function referenceTo(frame: Frame): Frame {
  const reference = new Frame();
  reference.alloc();
  reference.ref(frame);
  return reference;
}

async function take(count: number, options = {}, onFrame: (i: number) => unknown = () => {}) {
  await using source = await patternCamera(options).open(new AbortController().signal);
  const taken = [];
  for await (const { frame, capturedAtMs } of source.frames(new AbortController().signal)) {
    taken.push({ stamp: stampOf(frame), capturedAtMs, seenAtMs: performance.now(), seenEpochMs: Date.now() });
    await onFrame(taken.length);
    if (taken.length === count) break;
  }
  return taken;
}

describe("the test pattern", () => {
  it("has the size and rate that were asked for, else 1280x720 at 30", async () => {
    const signal = new AbortController().signal;
    await using plain = await chooseCamera("pattern", {}).open(signal);
    expect(plain.format).toEqual({ width: 1280, height: 720, fps: 30 });
    await using small = await chooseCamera("pattern", { width: 320, height: 180, fps: 5 }).open(signal);
    expect(small.format).toEqual({ width: 320, height: 180, fps: 5 });
    for await (const { frame } of small.frames(signal)) {
      expect([frame.width, frame.height, frame.format]).toEqual([320, 180, AV_PIX_FMT_YUV420P]);
      break;
    }
  });

  it("carries in its pixels when it was drawn and how many came before", async () => {
    const taken = await take(8, { fps: 100 });
    expect(taken.map(({ stamp }) => stamp?.counter)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    for (const [i, { stamp, seenEpochMs }] of taken.entries()) {
      const drawnAtMs = stamp?.drawnAtMs ?? 0;
      expect(drawnAtMs).toBeGreaterThanOrEqual(i === 0 ? seenEpochMs - 60_000 : (taken[i - 1]?.stamp?.drawnAtMs ?? 0));
      expect(drawnAtMs).toBeLessThanOrEqual(seenEpochMs);
    }
  });

  it("is never faster than its rate", async () => {
    const taken = await take(11, { width: 160, height: 120, fps: 50 });
    const [first, last] = [taken[0], taken[10]];
    expect((last?.capturedAtMs ?? 0) - (first?.capturedAtMs ?? 0)).toBeGreaterThanOrEqual(10 * 20 - 5);
    for (const { capturedAtMs, seenAtMs } of taken) expect(capturedAtMs).toBeLessThanOrEqual(seenAtMs);
  });

  it("makes up for no delay: after one, no burst follows", async () => {
    const taken = await take(8, { width: 160, height: 120, fps: 50 }, (count) =>
      count === 2 ? sleep(300) : undefined,
    );
    const afterMs = (taken[7]?.capturedAtMs ?? 0) - (taken[2]?.capturedAtMs ?? 0);
    // One picture may come at once, being due.
    expect(afterMs).toBeGreaterThanOrEqual(4 * 20 - 5);
  });

  it("leaves others their turn on a machine that is too slow for its rate", async () => {
    let turns = 0;
    const turn = () => {
      turns++;
      immediate = setImmediate(turn);
    };
    let immediate = setImmediate(turn);
    await take(100, { width: 640, height: 360, fps: 100_000 });
    clearImmediate(immediate);
    expect(turns).toBeGreaterThan(10);
  });

  it("leaves the last pictures alone while the next are drawn, for the encoder still reads them", async () => {
    await using source = await patternCamera({ width: 160, height: 120, fps: 100 }).open(new AbortController().signal);
    const frames: Frame[] = [];
    for await (const { frame } of source.frames(new AbortController().signal)) {
      frames.push(frame);
      if (frames.length === 3) break;
    }
    expect(frames.map((frame) => stampOf(frame)?.counter)).toEqual([0, 1, 2]);
  });

  it("draws over no picture that is still read, however long that takes, and is content with three else", async () => {
    await using source = await patternCamera({ width: 160, height: 120, fps: 100 }).open(new AbortController().signal);
    const frames: Frame[] = [];
    const counters: unknown[] = [];
    const read: Frame[] = [];
    for await (const { frame } of source.frames(new AbortController().signal)) {
      if (frames.length >= 9 && frames.length < 12) read.push(referenceTo(frame));
      frames.push(frame);
      counters.push(stampOf(frame)?.counter);
      if (frames.length === 18) break;
    }
    expect(read.map((frame) => stampOf(frame)?.counter)).toEqual([9, 10, 11]);
    expect(counters).toEqual(frames.map((_, i) => i));
    expect([new Set(frames.slice(0, 12)).size, new Set(frames).size]).toEqual([3, 4]);
    for (const frame of read) frame.free();
  });

  it("keeps its blank picture for the next opening, and draws over none that is still read", async () => {
    const camera = patternCamera({ width: 160, height: 120, fps: 100 });
    const openings: { frames: Frame[]; tops: string[]; counters: unknown[] }[] = [];
    let read: Frame | undefined;
    for (let i = 0; i < 3; i++) {
      await using source = await camera.open(new AbortController().signal);
      const opening = { frames: [] as Frame[], tops: [] as string[], counters: [] as unknown[] };
      for await (const { frame } of source.frames(new AbortController().signal)) {
        opening.frames.push(frame);
        opening.tops.push(Buffer.from(frame.data?.[0]?.subarray(0, 160 * 50) ?? []).toString("base64"));
        opening.counters.push(stampOf(frame)?.counter);
        if (i === 1) read ??= referenceTo(frame);
        if (opening.frames.length === 2) break;
      }
      openings.push(opening);
    }
    const [first, second, third] = openings;
    expect(second?.frames[0]).toBe(first?.frames[0]);
    expect(third?.frames).not.toContain(first?.frames[0]);
    expect(read && stampOf(read)?.counter).toBe(0);
    expect(openings.map(({ counters }) => counters)).toEqual([
      [0, 1],
      [0, 1],
      [0, 1],
    ]);
    expect(new Set(openings.flatMap(({ tops }) => tops)).size).toBe(1);
    read?.free();
  });

  it("stops when it is told to, even while it waits", async () => {
    const abort = new AbortController();
    await using source = await patternCamera({ fps: 1 }).open(abort.signal);
    let count = 0;
    for await (const _ of source.frames(abort.signal)) {
      count++;
      setTimeout(() => abort.abort(), 10);
    }
    expect(count).toBe(1);
  });

  it("moves: no two pictures in a row are alike", async () => {
    const pictures: string[] = [];
    await using source = await patternCamera({ width: 320, height: 180, fps: 100 }).open(new AbortController().signal);
    for await (const { frame } of source.frames(new AbortController().signal)) {
      pictures.push(Buffer.from(frame.data?.[0]?.subarray(0, 320 * 150) ?? []).toString("base64"));
      if (pictures.length === 4) break;
    }
    expect(new Set(pictures).size).toBe(4);
  });
});

describe("drawing", () => {
  const blank = (width: number, height: number): Picture => ({
    width,
    height,
    planes: [
      new Uint8Array(width * height),
      new Uint8Array((width * height) / 4),
      new Uint8Array((width * height) / 4),
    ],
    strides: [width, width / 2, width / 2],
  });
  const lit = (picture: Picture) => picture.planes.map((plane) => plane.filter((value) => value !== 0).length);

  it.each([
    [2, 2, 4, 4, [16, 4, 4]],
    [-4, -4, 6, 6, [4, 1, 1]],
    [6, 6, 100, 100, [4, 1, 1]],
    [8, 0, 4, 4, [0, 0, 0]],
    [-9, 0, 4, 4, [0, 0, 0]],
    [3, 3, 2, 2, [4, 1, 1]],
    [0, 0, 0, 8, [0, 0, 0]],
  ])("a rectangle at %i,%i of %ix%i stays inside the picture", (x, y, width, height, counts) => {
    const picture = blank(8, 8);
    fillRect(picture, { x, y, width, height }, WHITE);
    expect(lit(picture)).toEqual(counts);
  });

  it.each([
    [0, 0, 0, { y: 16, u: 128, v: 128 }],
    [255, 255, 255, { y: 235, u: 128, v: 128 }],
    [255, 0, 0, { y: 82, u: 90, v: 240 }],
    [0, 0, 255, { y: 41, u: 240, v: 110 }],
  ])("colour %i,%i,%i is that of BT.601", (r, g, b, colour) => {
    expect(fromRgb(r, g, b)).toEqual(colour);
  });

  it("writes what has a glyph and leaves the rest blank", () => {
    const dots = (text: string) => {
      const places: string[] = [];
      forEachDot(text, (column, row) => places.push(`${column},${row}`));
      return places;
    };
    expect(dots(".")).toEqual(["1,5", "2,5", "1,6", "2,6"]);
    expect(dots(" .")).toEqual(["7,5", "8,5", "7,6", "8,6"]);
    expect(dots("é ")).toEqual([]);
  });
});
