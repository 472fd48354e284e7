import { describe, expect, it } from "vitest";
import { NAL, nalType } from "../../src/sender/encode/h264.ts";
import { ParameterSets } from "../../src/sender/encode/parameter-sets.ts";
import { givesAsAsked } from "../../src/sender/encode/trial.ts";

const SPS = Buffer.of(0x67, 1);
const OTHER_SPS = Buffer.of(0x67, 2);
const PPS = Buffer.of(0x68, 1);
const SECOND_PPS = Buffer.of(0x68, 2);
const SEI = Buffer.of(0x06, 1);
const IDR = Buffer.of(0x65, 1);
const SLICE = Buffer.of(0x41, 1);

describe("a keyframe's parameter sets", () => {
  it("are those of an earlier picture where it has none of its own, and stand first", () => {
    const sets = new ParameterSets();
    sets.complete([SPS, PPS, IDR], true);
    expect(sets.complete([SLICE], false)).toEqual([SLICE]);
    expect(sets.complete([SEI, IDR, IDR], true)).toEqual([SPS, PPS, SEI, IDR, IDR]);
  });

  it("may have come in a packet of their own", () => {
    const sets = new ParameterSets();
    expect(sets.complete([SPS, PPS], false)).toEqual([SPS, PPS]);
    expect(sets.complete([IDR], true)).toEqual([SPS, PPS, IDR]);
  });

  it("are the newest ones, all of them", () => {
    const sets = new ParameterSets();
    sets.complete([SPS, PPS, IDR], true);
    sets.complete([OTHER_SPS, PPS, SECOND_PPS, IDR], true);
    expect(sets.complete([IDR], true)).toEqual([OTHER_SPS, PPS, SECOND_PPS, IDR]);
  });

  it("are completed, an SPS before a PPS", () => {
    const sets = new ParameterSets();
    sets.complete([SPS, PPS, IDR], true);
    expect(sets.complete([SEI, OTHER_SPS, IDR], true)).toEqual([OTHER_SPS, PPS, SEI, IDR]);
    expect(sets.complete([SECOND_PPS, IDR], true)).toEqual([OTHER_SPS, SECOND_PPS, IDR]);
  });

  it("are left alone where they are there, or were never seen", () => {
    const whole = [SPS, PPS, SEI, IDR];
    expect(new ParameterSets().complete(whole, true)).toBe(whole);
    expect(new ParameterSets().complete([IDR], true)).toEqual([IDR]);
  });
});

describe("an encoder's trial", () => {
  const KEYFRAMES = [true, false, true, false];
  const unit = (...nals: Buffer[]) => ({
    nals,
    keyframe: nals.some((nal) => nalType(nal) === NAL.idr),
    capturedAtMs: 0,
    encodedAtMs: 0,
  });
  const key = unit(SPS, PPS, IDR);
  const other = unit(SLICE);

  it.each([
    ["is passed with all as asked", [key, other, key, other], true],
    ["is not with each picture one late", [unit(SPS, PPS), key, other, key], false],
    ["is not without parameter sets", [key, other, unit(IDR), other], false],
    ["is not without a PPS", [key, other, unit(SPS, IDR), other], false],
    ["is not with a keyframe that is not marked", [key, other, { ...key, keyframe: false }, other], false],
    ["is not with a mark and no IDR", [key, other, { ...unit(SPS, PPS, SLICE), keyframe: true }, other], false],
    ["is not with a keyframe for each", [key, key, key, key], false],
    ["is not with a picture that is empty", [key, unit(), key, other], false],
    ["is not with one that does not come", [key, undefined, key, other], false],
    ["is not with too few", [key, other], false],
  ])("%s", (_, units, passed) => {
    expect(givesAsAsked(units, KEYFRAMES)).toBe(passed);
  });
});
