import { describe, expect, it } from "vitest";
import { NAL } from "../../src/sender/encode/h264.ts";
import { PAYLOAD_MAX_BYTES, packetize } from "../../src/sender/peer/packetizer.ts";
import { Random } from "../support/random.ts";
import { depacketize } from "./support/depacketize.ts";

const random = new Random(1);

function makeNal(type: number, bytes: number, nri = 3): Buffer {
  const nal = random.bytes(bytes);
  nal[0] = (nri << 5) | type;
  return nal;
}

const typesOf = (payloads: Buffer[]) => payloads.map((payload) => payload.readUInt8(0) & 0x1f);
const STAP_A = 24;
const FU_A = 28;

describe("the payloads of an access unit", () => {
  it.each<[string, [type: number, bytes: number][], number[]]>([
    ["one small NAL unit goes as it is", [[NAL.slice, 500]], [NAL.slice]],
    ["one byte", [[NAL.slice, 1]], [NAL.slice]],
    ["as large as may be", [[NAL.idr, PAYLOAD_MAX_BYTES]], [NAL.idr]],
    ["one byte too large", [[NAL.idr, PAYLOAD_MAX_BYTES + 1]], [FU_A, FU_A]],
    [
      "a keyframe: small ones together, the picture in parts",
      [
        [NAL.sps, 20],
        [NAL.pps, 5],
        [NAL.sei, 60],
        [NAL.idr, 2_400],
      ],
      [STAP_A, FU_A, FU_A, FU_A],
    ],
    [
      "small ones behind a large one",
      [
        [NAL.idr, 2_000],
        [NAL.sei, 10],
        [NAL.sei, 10],
      ],
      [FU_A, FU_A, STAP_A],
    ],
    [
      "two that fill a STAP-A to the last byte",
      [
        [NAL.slice, 600],
        [NAL.slice, PAYLOAD_MAX_BYTES - 605],
      ],
      [STAP_A],
    ],
    [
      "two that are one byte too large for a STAP-A",
      [
        [NAL.slice, 600],
        [NAL.slice, PAYLOAD_MAX_BYTES - 604],
      ],
      [NAL.slice, NAL.slice],
    ],
    ["nothing", [], []],
  ])("%s", (_name, sizes, types) => {
    const nals = sizes.map(([type, bytes]) => makeNal(type, bytes));
    const payloads = packetize(nals);
    expect(typesOf(payloads)).toEqual(types);
    expect(depacketize(payloads)).toEqual(nals);
  });

  it("gives an aggregate the strictest NRI of its parts", () => {
    const [payload] = packetize([makeNal(NAL.sei, 5, 0), makeNal(NAL.pps, 5, 2), makeNal(NAL.sei, 5, 1)]);
    expect((payload?.readUInt8(0) ?? 0) >> 5).toBe(2);
  });

  it("fragments into parts of almost equal size, so that no runt follows", () => {
    const lengths = packetize([makeNal(NAL.idr, 3 * PAYLOAD_MAX_BYTES)]).map(({ length }) => length);
    expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(lengths.length);
  });

  it("copies: an encoder may reuse its memory", () => {
    const nals = [makeNal(NAL.sps, 20), makeNal(NAL.pps, 5), makeNal(NAL.idr, 3_000)];
    const kept = nals.map((nal) => Buffer.from(nal));
    const payloads = packetize(nals);
    for (const nal of nals) nal.fill(0);
    expect(depacketize(payloads)).toEqual(kept);
  });
});

it.each([PAYLOAD_MAX_BYTES, 100, 1_400])("arrives whole and never larger than %i bytes, whatever the sizes", (max) => {
  const edges = [1, 2, 3, max - 6, max - 5, max - 3, max - 2, max - 1, max, max + 1, 2 * (max - 2), 2 * (max - 2) + 1];
  edges.push(2 * (max - 2) + 2, 3 * (max - 2) + 1, 3 * (max - 2) + 2, 60_000);
  for (let round = 0; round < 400; round++) {
    const nals = Array.from({ length: 1 + random.below(8) }, () => {
      const bytes = random.next() < 0.5 ? random.pick(edges) : 1 + Math.floor(random.next() ** 3 * 5_000);
      return makeNal(1 + random.below(23), bytes, random.below(4));
    });
    const payloads = packetize(nals, max);
    expect(Math.max(...payloads.map(({ length }) => length))).toBeLessThanOrEqual(max);
    const arrived = depacketize(payloads);
    expect(arrived.length, `round ${round}`).toBe(nals.length);
    arrived.forEach((nal, i) => {
      expect(nal.equals(nals[i] ?? Buffer.alloc(0)), `round ${round}, NAL unit ${i}`).toBe(true);
    });
  }
});
