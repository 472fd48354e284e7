import { describe, expect, it } from "vitest";
import { BitrateCorrection } from "../../src/sender/encode/bitrate-correction.ts";
import { MissingPictures } from "../../src/sender/encode/missing-pictures.ts";

const WANTED = { bitrateBps: 1_200_000, fps: 30 };
const PICTURE_BYTES = 5_000;

interface Source {
  /** Of what the encoder is asked for, how much it gives. */
  given: number;
  fps?: number;
  pictures?: number;
  correction?: BitrateCorrection;
}

function run({ given, fps = WANTED.fps, pictures = 900, correction = new BitrateCorrection(1.1) }: Source) {
  let told = 0;
  for (let i = 0; i < pictures; i++) {
    const noise = i % 2 === 0 ? 0.8 : 1.2;
    const bytes = PICTURE_BYTES * correction.factor * given * noise;
    if (correction.onPicture(bytes, WANTED, (i * 1_000) / fps)) told++;
  }
  return { factor: correction.factor, told, correction };
}

describe("the bitrate's correction", () => {
  it.each([0.85, 0.95, 1])(
    "asks for so much more that an encoder which gives %d of it gives what is wanted",
    (given) => {
      expect(run({ given }).factor * given).toBeCloseTo(1, 1);
    },
  );

  it("makes up for pictures that do not come", () => {
    expect(run({ given: 1, fps: 27 }).factor).toBeCloseTo(30 / 27, 1);
  });

  it.each([0.85, 1])("makes up for every second picture that does not come, of an encoder that gives %d", (given) => {
    expect((run({ given, fps: 15 }).factor * given) / 2).toBeCloseTo(1, 1);
  });

  it("does not make up for more pictures than every second one", () => {
    expect(run({ given: 1, fps: 8 }).factor).toBeLessThanOrEqual(2 * 1.3);
  });

  it("knows a simple picture though others are missing", () => {
    expect(run({ given: 0.3, fps: 15 }).factor).toBeLessThanOrEqual(2);
  });

  it("is done with it some pictures after all come again", () => {
    const { correction } = run({ given: 0.85, fps: 15 });
    for (let i = 1; i <= 8; i++) {
      const atMs = (899 * 1_000) / 15 + (i * 1_000) / WANTED.fps;
      correction.onPicture(PICTURE_BYTES * correction.factor * 0.85, WANTED, atMs);
    }
    expect(correction.factor).toBeLessThanOrEqual(1.3);
  });

  it.each([
    ["come in pairs", [0, 2]],
    ["are early and late", [0.5, 1.5, 1.4, 0.6]],
    ["pause for a second now and then", [30, ...Array(60).fill(1)]],
  ])("takes no pictures for missing that %s", (_, gaps) => {
    const missing = new MissingPictures();
    const factors = new Set<number>();
    for (let i = 0; i < 300; i++) {
      missing.onPicture(gaps[i % gaps.length] ?? 1);
      factors.add(missing.factor);
    }
    expect([...factors]).toEqual([1]);
  });

  it("asks for no more than is wanted of an encoder that has no use for it, and never for less", () => {
    expect(run({ given: 0.2 }).factor).toBeCloseTo(1, 1);
    expect(run({ given: 1.5 }).factor).toBeCloseTo(1, 1);
    expect(run({ given: 1.5 }).factor).toBeGreaterThanOrEqual(1);
    expect(run({ given: 0.73 }).factor).toBeLessThanOrEqual(1.3);
  });

  it("does not make up for a pause", () => {
    const { factor, correction } = run({ given: 1 / 1.1 });
    correction.onPicture(PICTURE_BYTES, WANTED, 900_000);
    expect(correction.factor).toBeCloseTo(factor, 1);
  });

  it("tells the encoder seldom", () => {
    expect(run({ given: 1 / 1.1 }).told).toBeLessThan(10);
  });
});
