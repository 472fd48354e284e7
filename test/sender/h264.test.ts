import { describe, expect, it } from "vitest";
import { isForDecoder, NAL, nalType, splitAnnexB } from "../../src/sender/encode/h264.ts";

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");

describe("an Annex B stream is split", () => {
  it.each<[string, string, string[]]>([
    ["at four-byte start codes", "00000001 6742 00000001 68ce", ["6742", "68ce"]],
    ["at three-byte start codes", "000001 6742 000001 68ce", ["6742", "68ce"]],
    ["at both, mixed", "00000001 6742 000001 68ce 00000001 65b8", ["6742", "68ce", "65b8"]],
    ["without the zeros that trail a unit", "000001 6742 000000 00000001 68ce 0000", ["6742", "68ce"]],
    ["without the zeros that lead the stream", "000000000001 6742", ["6742"]],
    ["and keeps zeros inside a unit", "000001 41 0000030001 ff", ["410000030001ff"]],
    ["and drops empty units", "000001 000001 6742 000001", ["6742"]],
    ["and drops what is before the first start code", "ffff 000001 6742", ["6742"]],
    ["into nothing when there is no start code", "67426842", []],
    ["into nothing when there is nothing", "", []],
    ["into nothing when it ends in a start code", "00000001", []],
  ])("%s", (_name, stream, nals) => {
    expect(splitAnnexB(hex(stream)).map((nal) => nal.toString("hex"))).toEqual(nals);
  });

  it("without copying", () => {
    const stream = hex("000001 6742");
    const [nal] = splitAnnexB(stream);
    stream[4] = 0x99;
    expect(nal?.toString("hex")).toBe("6799");
  });
});

it.each([
  ["09f0", NAL.accessUnitDelimiter, false],
  ["0cff80", NAL.filler, false],
  ["6742", NAL.sps, true],
  ["68ce", NAL.pps, true],
  ["0605", NAL.sei, true],
  ["65b8", NAL.idr, true],
  ["419a", NAL.slice, true],
  ["019a", NAL.slice, true],
])("%s is of type %i; a decoder needs it: %s", (text, type, needed) => {
  expect(nalType(hex(text))).toBe(type);
  expect(isForDecoder(hex(text))).toBe(needed);
});
