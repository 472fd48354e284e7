import { Log } from "node-av";
import { AV_LOG_QUIET, AVCOL_RANGE_JPEG, AVCOL_SPC_BT709 } from "node-av/constants";
import { afterEach, describe, expect, it } from "vitest";
import { NAL, nalType } from "../../src/sender/encode/h264.ts";
import { H264Encoder } from "../../src/sender/encode/h264-encoder.ts";
import { X264 } from "../../src/sender/encode/recipe.ts";
import { sliceCount } from "../../src/sender/encode/slices.ts";
import type { EncodedUnit, EncoderSettings } from "../../src/sender/encode/unit.ts";
import { Decoder } from "./support/decoder.ts";
import { flatFrame, lumaAt, noiseFrame } from "./support/frames.ts";
import { parseSps, sliceType } from "./support/sps.ts";

Log.setLevel(AV_LOG_QUIET);

const SETTINGS = { width: 320, height: 180, fps: 30, bitrateBps: 1_000_000 };
const PICTURE_MS = 1_000 / SETTINGS.fps;
const STILL = 150;
const GROWN = 15;
const opened: H264Encoder[] = [];
afterEach(() => {
  for (const encoder of opened.splice(0)) encoder[Symbol.dispose]();
});

async function open(settings: Partial<EncoderSettings> = {}): Promise<H264Encoder> {
  const all = { ...SETTINGS, ...settings };
  const encoder = await H264Encoder.open(X264, all, flatFrame(all.width, all.height, 0));
  opened.push(encoder);
  return encoder;
}

/** Pictures by their number; `keyframes` names those that are asked for as keyframes. */
async function encodeAll(
  encoder: H264Encoder,
  count: number,
  keyframes: number[] = [0],
  pictureMs = PICTURE_MS,
): Promise<EncodedUnit[]> {
  const units: EncodedUnit[] = [];
  const { width, height } = encoder.settings;
  for (let i = 0; i < count; i++) {
    const frame = noiseFrame(width, height, i);
    const unit = await encoder.encode(frame, { keyframe: keyframes.includes(i), capturedAtMs: i * pictureMs });
    frame.free();
    if (unit) units.push(unit);
  }
  return units;
}

const types = (unit: EncodedUnit) => new Set(unit.nals.map(nalType));
const slices = (unit: EncodedUnit) => unit.nals.filter((nal) => [NAL.slice, NAL.idr].includes(nalType(nal) as 1));
const bytes = (units: EncodedUnit[]) => units.reduce((sum, { nals }) => sum + Buffer.concat(nals).length, 0);

describe("the encoder", () => {
  it("gives out every picture at once, in order, none of them B", async () => {
    const units = await encodeAll(await open(), 40);
    expect(units.map(({ capturedAtMs }) => capturedAtMs)).toEqual(units.map((_, i) => i * PICTURE_MS));
    expect(units).toHaveLength(40);
    expect(new Set(units.flatMap(slices).map(sliceType))).toEqual(new Set([2, 0]));
  });

  it("gives little more than is wanted when a still picture grows all at once", async () => {
    const encoder = await open();
    const sizes: number[] = [];
    for (let i = 0; i < STILL + GROWN; i++) {
      const frame = i < STILL ? flatFrame(SETTINGS.width, SETTINGS.height, i % 4) : noiseFrame(320, 180, i);
      const unit = await encoder.encode(frame, { keyframe: i === 0, capturedAtMs: i * PICTURE_MS });
      frame.free();
      sizes.push(unit ? bytes([unit]) : 0);
    }
    const bps = (sizes.slice(STILL).reduce((sum, size) => sum + size, 0) * 8 * SETTINGS.fps) / GROWN;
    expect(bps).toBeLessThan(1.2 * SETTINGS.bitrateBps);
  });

  it("makes a keyframe when asked, and no other but the first", async () => {
    const units = await encodeAll(await open(), 90, [20, 55]);
    expect(units.flatMap(({ keyframe }, i) => (keyframe ? [i] : []))).toEqual([0, 20, 55]);
    for (const unit of units) {
      const parts = types(unit);
      expect([parts.has(NAL.sps), parts.has(NAL.pps), parts.has(NAL.idr)]).toEqual(Array(3).fill(unit.keyframe));
      expect(parts.has(NAL.slice)).toBe(!unit.keyframe);
    }
  });

  it("puts the parameter sets first in a keyframe, and no delimiter or filler anywhere", async () => {
    const units = await encodeAll(await open(), 3, [0, 2]);
    for (const { nals } of [units[0], units[2]].flatMap((unit) => unit ?? [])) {
      expect(nals.map(nalType).slice(0, 2)).toEqual([NAL.sps, NAL.pps]);
    }
    const all = units.flatMap(({ nals }) => nals.map(nalType));
    expect(all).not.toContain(NAL.accessUnitDelimiter);
    expect(all).not.toContain(NAL.filler);
  });

  it("forgets nothing that a decoder needs: one that begins at any keyframe shows each picture at once", async () => {
    const encoder = await open();
    const lumas = [30, 90, 150, 210, 60, 120, 180];
    const units: EncodedUnit[] = [];
    for (const [i, luma] of lumas.entries()) {
      const unit = await encoder.encode(flatFrame(320, 180, luma), { keyframe: i === 3, capturedAtMs: i });
      if (unit) units.push(unit);
    }
    for (const from of [0, 3]) {
      using decoder = await Decoder.open();
      for (const [i, unit] of units.entries()) {
        if (i < from) continue;
        const pictures = await decoder.decode(unit);
        expect(pictures, `picture ${i}`).toHaveLength(1);
        expect(Math.abs(lumaAt(pictures[0] ?? flatFrame(16, 16, 0), 100, 100) - (lumas[i] ?? 0))).toBeLessThan(8);
      }
    }
  });

  it("keeps its pictures when the source overwrites them: what is given out is a copy", async () => {
    const encoder = await open();
    const [first] = await encodeAll(encoder, 1);
    const before = Buffer.concat(first?.nals ?? []);
    await encodeAll(encoder, 10);
    expect(Buffer.concat(first?.nals ?? [])).toEqual(before);
  });
});

describe("the slices of a picture", () => {
  it.each([
    ["720p", 1280, 720, [1, 1, 2, 4, 4]],
    ["1080p", 1920, 1080, [1, 2, 4, 4, 4]],
    ["4k", 3840, 2160, [1, 2, 4, 4, 4]],
    ["360p", 640, 360, [1, 1, 1, 1, 4]],
  ] as const)("of %s are as many as processors can be spared", (_, width, height, counts) => {
    expect([1, 2, 4, 8, 32].map((processors) => sliceCount({ width, height }, processors))).toEqual(counts);
  });

  it("come out together, picture by picture, and are one picture to a decoder", async () => {
    const size = { width: 1920, height: 1080 };
    const units = await encodeAll(await open({ ...size, bitrateBps: 8_000_000 }), 6, [0, 4]);
    expect(units.map((unit) => slices(unit).length)).toEqual(units.map(() => sliceCount(size)));
    using decoder = await Decoder.open();
    for (const unit of units) expect(await decoder.decode(unit)).toHaveLength(1);
  });
});

describe("the SPS", () => {
  it.each([
    [320, 180, 30],
    [1280, 720, 30],
    [426, 240, 15],
    [722, 406, 60],
    [1920, 1080, 30],
  ])("of %ix%i at %i fps says size, baseline, and that nothing is reordered", async (width, height, fps) => {
    const [unit] = await encodeAll(await open({ width, height, fps }), 1);
    const sps = parseSps(unit?.nals[0] ?? Buffer.alloc(0));
    // Without max_num_reorder_frames = 0 some decoders hold pictures back.
    expect(sps).toMatchObject({ width, height, profile: 66, reorderFrames: 0 });
  });

  it("says how the picture's colours are meant", async () => {
    const frame = flatFrame(320, 180, 100);
    frame.colorRange = AVCOL_RANGE_JPEG;
    frame.colorSpace = AVCOL_SPC_BT709;
    using encoder = await H264Encoder.open(X264, SETTINGS, frame);
    const unit = await encoder.encode(frame, { keyframe: true, capturedAtMs: 0 });
    expect(parseSps(unit?.nals[0] ?? Buffer.alloc(0))).toMatchObject({ fullRange: true, matrix: 1 });
  });
});

describe("the bitrate", () => {
  it("is kept with pictures that are hard to encode: on average, and by each of them", async () => {
    const units = (await encodeAll(await open(), 200)).slice(80);
    const sizesBytes = units.map((unit) => bytes([unit]));
    const meanBytes = bytes(units) / units.length;
    expect((meanBytes * 8 * SETTINGS.fps) / SETTINGS.bitrateBps).toBeCloseTo(1, 1);
    const deviations = sizesBytes.map((size) => (size - meanBytes) ** 2);
    const deviation = Math.sqrt(deviations.reduce((sum, square) => sum + square) / units.length);
    expect(deviation / meanBytes).toBeLessThan(0.2);
  });

  it("is kept with a camera that gives half the pictures it announced", async () => {
    const units = (await encodeAll(await open(), 200, [0], 2 * PICTURE_MS)).slice(80);
    const bps = (bytes(units) * 8 * SETTINGS.fps) / 2 / units.length;
    expect(bps / SETTINGS.bitrateBps).toBeCloseTo(1, 1);
  });

  it("lets a keyframe take little more than three pictures' worth", async () => {
    const units = await encodeAll(await open(), 61, [0, 60]);
    const meanBytes = SETTINGS.bitrateBps / 8 / SETTINGS.fps;
    expect(bytes(units.slice(60))).toBeLessThan(3.6 * meanBytes);
  });

  it("follows a change while it runs, down and up, without a keyframe", async () => {
    const encoder = await open();
    const before = (await encodeAll(encoder, 30)).slice(15);
    encoder.setBitrate(300_000);
    const low = await encodeAll(encoder, 30, []);
    encoder.setBitrate(2_000_000);
    const high = await encodeAll(encoder, 40, []);
    expect(bytes(low.slice(15))).toBeLessThan(bytes(before) * 0.5);
    expect(bytes(high.slice(25))).toBeGreaterThan(bytes(before) * 1.4);
    expect([...low, ...high].filter(({ keyframe }) => keyframe)).toEqual([]);
    expect(encoder.settings.bitrateBps).toBe(2_000_000);
  });
});

it("explains what it cannot encode", async () => {
  await expect(open({ width: 321, height: 180 })).rejects.toThrow("libx264 refuses 321x180 at 30 fps (");
  await expect(open({ width: 321 })).rejects.toMatchObject({ reason: "camera", code: "encoder-unusable" });
});
