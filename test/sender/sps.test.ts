import { Log } from "node-av";
import { AV_LOG_QUIET } from "node-av/constants";
import { describe, expect, it } from "vitest";
import { BitReader, BitWriter } from "../../src/sender/encode/bits.ts";
import { H264Encoder } from "../../src/sender/encode/h264-encoder.ts";
import { X264 } from "../../src/sender/encode/recipe.ts";
import { showAtOnce } from "../../src/sender/encode/sps.ts";
import { Random } from "../support/random.ts";
import { Decoder } from "./support/decoder.ts";
import { flatFrame } from "./support/frames.ts";
import { parseSps } from "./support/sps.ts";

Log.setLevel(AV_LOG_QUIET);

const SETTINGS = { width: 320, height: 180, fps: 30, bitrateBps: 500_000 };

/** A keyframe under a profile of x264's, as `[sps, ...others]`. */
async function keyframe(profile: string, timing = true): Promise<Buffer[]> {
  const options = { ...X264.options, profile, "x264-params": timing ? "nal-hrd=cbr" : "force-cfr=1" };
  using encoder = await H264Encoder.open({ ...X264, options }, SETTINGS, flatFrame(320, 180, 0));
  const unit = await encoder.encode(flatFrame(320, 180, 90), { keyframe: true, capturedAtMs: 0 });
  return unit?.nals ?? [];
}

/** Where the flag of the VUI stands: it is what stripping it must find. */
function withoutVui(sps: Buffer): Buffer {
  const reader = new BitReader(sps.subarray(1));
  const high = reader.bits(8) === 100;
  reader.bits(16);
  reader.ue();
  if (high) {
    for (let i = 0; i < 3; i++) reader.ue();
    reader.bits(2);
  }
  reader.ue();
  if (reader.ue() === 0) reader.ue();
  reader.ue();
  reader.bit();
  reader.ue();
  reader.ue();
  expect(reader.bit()).toBe(1);
  reader.bit();
  if (reader.bit()) for (let i = 0; i < 4; i++) reader.ue();
  const writer = new BitWriter().push(reader.slice(0, reader.position)).bit(0);
  return Buffer.concat([sps.subarray(0, 1), writer.payload()]);
}

describe.each(["baseline", "main", "high"])("a parameter set of %s", (profile) => {
  it("that says that nothing is reordered stays as it is", async () => {
    const [sps = Buffer.alloc(0)] = await keyframe(profile);
    expect(parseSps(sps).reorderFrames).toBe(0);
    expect(showAtOnce(sps)).toBe(sps);
  });

  it("that says nothing of it does afterwards, and says all else as before", async () => {
    const [sps = Buffer.alloc(0), ...others] = await keyframe(profile, false);
    const silent = withoutVui(sps);
    expect(parseSps(silent).reorderFrames).toBeUndefined();
    const mended = showAtOnce(silent);
    expect(parseSps(mended)).toEqual({ ...parseSps(silent), reorderFrames: 0 });
    using decoder = await Decoder.open();
    expect(await decoder.decode({ nals: [mended, ...others], keyframe: true })).toHaveLength(1);
  });

  it("keeps what its VUI says before the restriction", async () => {
    const [sps = Buffer.alloc(0)] = await keyframe(profile);
    // Says that two pictures may be reordered: the last two numbers are 0 and the references'.
    const reader = new BitReader(sps.subarray(1));
    const all = reader.slice(0, (sps.length - 1) * 8);
    const end = all.lastIndexOf(1);
    const tail = new BitWriter().ue(0).ue(1);
    const tailBits = new BitReader(tail.payload()).slice(0, 4);
    expect(all.slice(end - 4, end)).toEqual(tailBits);
    const reordering = Buffer.concat([
      sps.subarray(0, 1),
      new BitWriter()
        .push(all.slice(0, end - 4))
        .ue(2)
        .ue(3)
        .payload(),
    ]);
    expect(parseSps(reordering).reorderFrames).toBe(2);
    expect(showAtOnce(reordering)).toEqual(sps);
  });
});

it("what cannot be read is left alone, whatever it is", () => {
  const random = new Random(5);
  for (let i = 0; i < 2_000; i++) {
    const junk = Buffer.from([0x67, ...Array.from({ length: random.next() * 40 }, () => random.next() * 256)]);
    expect(showAtOnce(junk).length).toBeGreaterThan(0);
  }
  expect(showAtOnce(Buffer.from([0x67]))).toEqual(Buffer.from([0x67]));
});

describe("bits", () => {
  it("come back as they were written, whatever bytes they make", () => {
    const random = new Random(11);
    for (let round = 0; round < 200; round++) {
      const values = Array.from({ length: 30 }, () => Math.floor(random.next() ** 6 * 100_000));
      const writer = new BitWriter();
      // Long runs of zeros call for emulation prevention.
      for (const value of values) writer.push([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]).ue(value);
      const payload = writer.payload();
      expect(payload.indexOf(Buffer.from([0, 0, 0]))).toBe(-1);
      expect(payload.indexOf(Buffer.from([0, 0, 1]))).toBe(-1);
      const reader = new BitReader(payload);
      for (const value of values) {
        reader.bits(16);
        expect(reader.ue()).toBe(value);
      }
    }
  });

  it("of signed numbers alternate", () => {
    const payload = new BitWriter().ue(0).ue(1).ue(2).ue(3).ue(4).payload();
    const reader = new BitReader(payload);
    expect([reader.se(), reader.se(), reader.se(), reader.se(), reader.se()]).toEqual([-0, 1, -1, 2, -2]);
  });
});
