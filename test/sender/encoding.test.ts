import { setTimeout as sleep } from "node:timers/promises";
import { Log } from "node-av";
import { AV_LOG_QUIET, AV_PIX_FMT_YUVJ422P, AVCOL_RANGE_JPEG } from "node-av/constants";
import { describe, expect, it, vi } from "vitest";
import { emptyPicture } from "../../src/sender/encode/empty-picture.ts";
import { Encoding } from "../../src/sender/encode/encoding.ts";
import { H264Encoder } from "../../src/sender/encode/h264-encoder.ts";
import { X264 } from "../../src/sender/encode/recipe.ts";
import { SpareEncoder } from "../../src/sender/encode/spare-encoder.ts";
import type { EncodedUnit, EncoderSettings } from "../../src/sender/encode/unit.ts";
import { emptyFrame, fillPlanes, flatFrame, noiseFrame } from "./support/frames.ts";
import { parseSps } from "./support/sps.ts";

Log.setLevel(AV_LOG_QUIET);

/** An encoding whose units and errors are kept as they come. */
class Bench {
  readonly units: EncodedUnit[] = [];
  readonly errors: unknown[] = [];
  readonly encoding: Encoding;
  readonly settings: EncoderSettings;
  onUnit: (unit: EncodedUnit) => void = () => {};

  constructor(settings: Partial<EncoderSettings> = {}) {
    this.settings = { width: 1_280, height: 720, fps: 30, bitrateBps: 1_000_000, ...settings };
    this.encoding = new Encoding({
      encoder: X264,
      settings: this.settings,
      onUnit: (unit) => {
        this.units.push(unit);
        this.onUnit(unit);
      },
      onError: (error) => this.errors.push(error),
    });
  }

  offer(capturedAtMs: number, width = 320, height = 180): void {
    const frame = noiseFrame(width, height, capturedAtMs);
    this.encoding.offer(frame, capturedAtMs);
    // Encoding holds its own reference, so the source may let go at once.
    frame.free();
  }

  async until(count: number): Promise<EncodedUnit[]> {
    const deadlineMs = performance.now() + 10_000;
    while (this.units.length < count) {
      if (this.errors.length > 0) throw this.errors[0];
      if (performance.now() > deadlineMs) throw new Error(`only ${this.units.length} of ${count} pictures came out`);
      await sleep(2);
    }
    return this.units;
  }

  get captured(): number[] {
    return this.units.map(({ capturedAtMs }) => capturedAtMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.encoding[Symbol.asyncDispose]();
  }
}

const spsOf = (unit: EncodedUnit | undefined) => parseSps(unit?.nals[0] ?? Buffer.alloc(0));

describe("pictures that come faster than they are encoded", () => {
  it("give way to the newest one", async () => {
    await using bench = new Bench();
    for (let i = 1; i <= 10; i++) bench.offer(i, 1280, 720);
    await bench.until(2);
    await sleep(100);
    expect(bench.captured).toEqual([1, 10]);
  });

  it("wait for their turn, though pictures come that are not to be encoded", async () => {
    await using bench = new Bench();
    bench.offer(1, 1280, 720);
    bench.offer(2, 1280, 720);
    const other = noiseFrame(1280, 720, 3);
    bench.encoding.keep(other, 3);
    other.free();
    await bench.until(2);
    expect(bench.captured).toEqual([1, 2]);
  });

  it("are never encoded twice or out of order", async () => {
    await using bench = new Bench();
    for (let i = 1; i <= 200; i++) {
      bench.offer(i);
      if (i % 3 === 0) await sleep(1);
    }
    while (bench.captured.at(-1) !== 200) await bench.until(bench.units.length + 1);
    expect(bench.captured).toEqual([...new Set(bench.captured)].sort((a, b) => a - b));
  });

  // Between the last picture's end and the encoder's rest lie a few turns of the microtask queue.
  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8])("are not forgotten %i turns after another was finished", async (turns) => {
    await using bench = new Bench();
    let offered = false;
    bench.onUnit = () => {
      if (offered) return;
      offered = true;
      let later = Promise.resolve();
      for (let i = 0; i < turns; i++) later = later.then(() => {});
      void later.then(() => bench.offer(2));
    };
    bench.offer(1);
    await bench.until(2);
    expect(bench.captured).toEqual([1, 2]);
  });
});

describe("a request for a keyframe", () => {
  it("encodes the last picture again at once, however long the next one takes", async () => {
    await using bench = new Bench();
    bench.offer(1);
    await bench.until(1);
    await sleep(160);
    const askedAtMs = performance.now();
    bench.encoding.requestKeyframe("join");
    const [first, second] = await bench.until(2);
    expect([first?.keyframe, second?.keyframe]).toEqual([true, true]);
    // Its time is now: an older one would send the viewer's clock backwards.
    expect(second?.capturedAtMs).toBeGreaterThanOrEqual(askedAtMs);
    await sleep(50);
    expect(bench.units).toHaveLength(2);
  });

  it("shows the newest picture there is, though that was not to be encoded", async () => {
    await using bench = new Bench();
    using plain = flatFrame(320, 180, 60);
    bench.encoding.offer(plain, 1);
    const [first] = await bench.until(1);
    await sleep(160);
    const noise = noiseFrame(320, 180, 2);
    bench.encoding.keep(noise, 2);
    noise.free();
    await sleep(20);
    expect(bench.units).toHaveLength(1);
    bench.encoding.requestKeyframe("join");
    const [, second] = await bench.until(2);
    const bytes = (unit: EncodedUnit | undefined) => (unit?.nals ?? []).reduce((sum, nal) => sum + nal.length, 0);
    expect(bytes(second)).toBeGreaterThan(5 * bytes(first));
  });

  it("soon after another is met when its time comes, though no picture comes any more", async () => {
    await using bench = new Bench();
    bench.offer(1);
    await bench.until(1);
    bench.encoding.requestKeyframe("join");
    await bench.until(2);
    expect(bench.units.map(({ keyframe }) => keyframe)).toEqual([true, true]);
    const [first, second] = bench.units;
    // Not before its time either, which a timer may miss by its own grain.
    expect((second?.capturedAtMs ?? 0) - (first?.encodedAtMs ?? 0)).toBeGreaterThan(140);
  });

  it("before the first picture makes nothing, and then one keyframe", async () => {
    await using bench = new Bench();
    bench.encoding.requestKeyframe("join");
    await sleep(20);
    expect(bench.units).toHaveLength(0);
    bench.offer(1);
    await bench.until(1);
    bench.offer(2);
    await bench.until(2);
    expect(bench.units.map(({ keyframe }) => keyframe)).toEqual([true, false]);
  });

  it("of many viewers at once makes one", async () => {
    await using bench = new Bench();
    bench.offer(1);
    await bench.until(1);
    await sleep(160);
    for (let i = 0; i < 30; i++) bench.encoding.requestKeyframe("join");
    await bench.until(2);
    for (let i = 2; i < 6; i++) {
      bench.offer(performance.now());
      await bench.until(i + 1);
    }
    expect(bench.units.map(({ keyframe }) => keyframe)).toEqual([true, true, false, false, false, false]);
  });
});

describe("the picture's size", () => {
  it("may change while it runs: the encoder opens anew with a keyframe", async () => {
    await using bench = new Bench();
    for (const [i, [width, height]] of [
      [320, 180],
      [320, 180],
      [640, 360],
      [180, 320],
    ].entries()) {
      bench.offer(i, width, height);
      await bench.until(i + 1);
    }
    expect(bench.units.map(({ keyframe }) => keyframe)).toEqual([true, false, true, true]);
    const sizes = [0, 2, 3].map((i) => spsOf(bench.units[i])).map(({ width, height }) => [width, height]);
    expect(sizes).toEqual([
      [320, 180],
      [640, 360],
      [180, 320],
    ]);
    expect(bench.errors).toEqual([]);
  });

  it("is held to the greatest that was asked for, its shape kept", async () => {
    await using bench = new Bench({ width: 320, height: 320 });
    bench.offer(1, 1280, 720);
    await bench.until(1);
    expect(spsOf(bench.units[0])).toMatchObject({ width: 320, height: 180 });
  });
});

it("tells the viewer of the colours that were encoded, not of those that the camera had", async () => {
  await using bench = new Bench();
  const frame = fillPlanes(emptyFrame(320, 180, AV_PIX_FMT_YUVJ422P), 255, 128, 128);
  frame.colorRange = AVCOL_RANGE_JPEG;
  bench.encoding.offer(frame, 1);
  await bench.until(1);
  expect(spsOf(bench.units[0]).fullRange ?? false).toBe(false);
});

it("takes a new bitrate before and while it runs", async () => {
  await using bench = new Bench();
  const size = async (count: number) => {
    const before = bench.units.length;
    for (let i = 0; i < count; i++) {
      bench.offer(before + i);
      await bench.until(before + i + 1);
    }
    return bench.units.slice(-10).reduce((sum, { nals }) => sum + Buffer.concat(nals).length, 0);
  };
  bench.encoding.configure({ ...bench.settings, bitrateBps: 2_000_000 });
  const high = await size(25);
  bench.encoding.configure({ ...bench.settings, bitrateBps: 300_000 });
  expect(await size(25)).toBeLessThan(high * 0.4);
});

describe("being disposed of", () => {
  it("while a picture is encoded waits for it, and gives nothing out any more", async () => {
    const bench = new Bench();
    bench.offer(1, 1280, 720);
    await bench.until(1);
    const encode = vi.spyOn(H264Encoder.prototype, "encode");
    bench.offer(2, 1280, 720);
    await bench.encoding[Symbol.asyncDispose]();
    expect(encode.mock.settledResults.map(({ type }) => type)).toEqual(["fulfilled"]);
    encode.mockRestore();
    const { length } = bench.units;
    bench.encoding.requestKeyframe("join");
    bench.offer(3);
    await sleep(50);
    expect(bench.units).toHaveLength(length);
    expect(bench.errors).toEqual([]);
  });

  it("before any picture is fine", async () => {
    const bench = new Bench();
    await bench.encoding[Symbol.asyncDispose]();
    expect(bench.errors).toEqual([]);
  });
});

it("reports each failure to encode, and stays usable", async () => {
  await using bench = new Bench({ fps: 0 });
  for (let i = 1; i <= 2; i++) {
    bench.offer(i);
    while (bench.errors.length < i) await sleep(2);
  }
  expect(bench.errors).toEqual([
    expect.objectContaining({
      code: "encoder-unusable",
      message: expect.stringMatching(/^libx264 refuses 320x180 at 0 fps \(/),
    }),
    expect.objectContaining({ code: "encoder-unusable" }),
  ]);
  expect(bench.units).toEqual([]);
});

describe("an encoder that nobody uses any more", () => {
  const opened = () => vi.spyOn(H264Encoder, "open");
  /** Encodes this many pictures, and gives the encoder back. */
  async function use(count: number, settings: Partial<EncoderSettings> = {}, size: [number, number] = [320, 180]) {
    await using bench = new Bench(settings);
    for (let i = 1; i <= count; i++) {
      bench.offer(i, ...size);
      await bench.until(i);
    }
    return bench.units;
  }

  it("serves the next of the same size and rate, at its bitrate, beginning with a keyframe", async () => {
    await use(3);
    const open = opened();
    const units = await use(3, { bitrateBps: 300_000 });
    expect(open).not.toHaveBeenCalled();
    expect(units.map(({ keyframe }) => keyframe)).toEqual([true, false, false]);
    expect(spsOf(units[0])).toMatchObject({ width: 320, height: 180 });
    open.mockRestore();
  });

  it.each<[string, Partial<EncoderSettings>, [number, number]]>([
    ["size", {}, [640, 360]],
    ["rate", { fps: 15 }, [320, 180]],
  ])("is not for another %s", async (_, settings, size) => {
    await use(1);
    const open = opened();
    expect((await use(1, settings, size)).map(({ keyframe }) => keyframe)).toEqual([true]);
    expect(open).toHaveBeenCalledOnce();
    open.mockRestore();
  });

  it("is not kept when it failed", async () => {
    await use(1);
    const encode = vi.spyOn(H264Encoder.prototype, "encode").mockRejectedValue(new Error("it broke"));
    {
      await using bench = new Bench();
      bench.offer(1);
      await expect.poll(() => bench.errors).toHaveLength(1);
    }
    encode.mockRestore();
    const open = opened();
    await use(1);
    expect(open).toHaveBeenCalledOnce();
    open.mockRestore();
  });

  it("is not kept when it is one of few", async () => {
    const scarce = { ...X264, software: undefined };
    const picture = emptyPicture(320, 180, X264.pixelFormat);
    const settings = { width: 320, height: 180, fps: 30, bitrateBps: 1_000_000 };
    const spare = new SpareEncoder();
    const encoder = await H264Encoder.open(scarce, settings, picture);
    const freed = vi.spyOn(encoder, Symbol.dispose);
    spare.put(encoder);
    expect(freed).toHaveBeenCalledOnce();
    expect(spare.take(scarce, settings, picture)).toBeUndefined();
    picture.free();
  });
});
