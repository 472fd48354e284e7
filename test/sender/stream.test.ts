import { EventEmitter, once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Log } from "node-av";
import { AV_LOG_QUIET } from "node-av/constants";
import { expect, it } from "vitest";
import type { Camera } from "../../src/sender/capture/source.ts";
import type { Rung } from "../../src/sender/congestion/ladder.ts";
import { type EncoderRecipe, X264 } from "../../src/sender/encode/recipe.ts";
import { CameraStream, type StreamOptions } from "../../src/sender/stream.ts";
import { flatFrame } from "./support/frames.ts";

Log.setLevel(AV_LOG_QUIET);
setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

const PICTURES = 30_000;
/** A hundred bytes a picture are a gigabyte in four days. */
const KEPT_MAX_BYTES = 20 * PICTURES;
const RUNG = { id: 1, width: 320, height: 180, fps: 30, bitrateBps: 500_000 };

/** Of one rung, by x264, where nothing else is said. */
function streamOf(
  camera: Camera,
  { rungs = [RUNG], ...options }: Partial<StreamOptions> & { rungs?: readonly Rung[] },
) {
  const stream = new CameraStream(camera, { encoder: X264, onUnit: () => {}, onFailure: () => {}, ...options });
  stream.setRungs(rungs);
  return stream;
}

const { software: _runsHere, ...HARDWARE_LIKE }: EncoderRecipe = X264;

/** Gives pictures as fast as they are taken, and says how many it gave. */
function hastyCamera(count = Number.POSITIVE_INFINITY) {
  const frame = flatFrame(320, 180, 100);
  const hasty = { opened: 0, given: 0, heapBytes: [] as number[] };
  const camera: Camera = {
    name: "hasty",
    open: async () => {
      hasty.opened++;
      return {
        format: { width: 320, height: 180, fps: 30 },
        async *frames(signal) {
          for (let i = 0; i < count && !signal.aborted; i++) {
            if (i === count / 2 || i === count - 1) {
              collect();
              hasty.heapBytes.push(process.memoryUsage().heapUsed);
            }
            // As a camera does, it leaves the others a turn.
            if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
            yield { frame, capturedAtMs: performance.now() };
            hasty.given++;
          }
        },
        async [Symbol.asyncDispose]() {},
      };
    },
  };
  return { camera, hasty };
}

it("a camera that runs for days leaves nothing of its pictures behind", async () => {
  const { camera, hasty } = hastyCamera(2 * PICTURES);
  const ended = Promise.withResolvers<void>();
  const stream = streamOf(camera, { rungs: [], onFailure: () => ended.resolve() });
  stream.start();
  await ended.promise;
  const [half = 0, end = Number.POSITIVE_INFINITY] = hasty.heapBytes;
  expect(end - half).toBeLessThan(KEPT_MAX_BYTES);
  await stream.stop();
}, 60_000);

/** @param next resolves when it is time for the next picture; whatever it rejects with is as good */
function cameraThat(next: (signal: AbortSignal) => Promise<unknown>) {
  const frame = flatFrame(320, 180, 100);
  const seen = { opened: 0, closed: 0 };
  const camera: Camera = {
    name: "of a test",
    open: async () => {
      seen.opened++;
      return {
        format: { width: 320, height: 180, fps: 30 },
        async *frames(signal) {
          while (!signal.aborted) {
            yield { frame, capturedAtMs: performance.now() };
            await next(signal).catch(() => {});
          }
        },
        async [Symbol.asyncDispose]() {
          seen.closed++;
        },
      };
    },
  };
  return { camera, seen };
}

/** Shows one picture, and then waits for as long as it is let. */
function slowCamera() {
  const more = new EventEmitter();
  const next = () => more.emit("picture");
  return { ...cameraThat((signal) => once(more, "picture", { signal })), next };
}

/** Gives a picture every ten milliseconds. */
const steadyCamera = () => cameraThat(() => sleep(10));

it("a camera that rests stays open, is not encoded, and goes on with the picture that it has", async () => {
  const { camera, seen, next } = slowCamera();
  const units: boolean[] = [];
  const stream = streamOf(camera, {
    onUnit: ({ keyframe }) => units.push(keyframe),
  });
  stream.start();
  await expect.poll(() => units).toEqual([true]);
  stream.rest();
  stream.setRungs([{ ...RUNG, id: 2 }]);
  await sleep(100);
  expect([seen, units]).toEqual([{ opened: 1, closed: 0 }, [true]]);
  stream.start();
  await expect.poll(() => units).toEqual([true, true]);
  next();
  await expect.poll(() => units).toEqual([true, true, false]);
  stream.rest();
  await stream.stop();
  expect(seen).toEqual({ opened: 1, closed: 1 });
  stream.rest();
  stream.start();
  await expect.poll(() => units).toEqual([true, true, false, true]);
  await stream.stop();
});

it("a camera that failed is tried at once by who comes then, and failures that nobody sees are not told", async () => {
  const frame = flatFrame(320, 180, 100);
  const told: number[] = [];
  let opened = 0;
  let works = false;
  const camera: Camera = {
    name: "gone",
    open: async () => {
      opened++;
      if (!works) throw new Error("it is away");
      return {
        format: { width: 320, height: 180, fps: 30 },
        async *frames(signal) {
          yield { frame, capturedAtMs: performance.now() };
          await once(signal, "abort");
        },
        async [Symbol.asyncDispose]() {},
      };
    },
  };
  const shown = Promise.withResolvers<void>();
  const stream = streamOf(camera, {
    onUnit: () => shown.resolve(),
    onFailure: (_, retryInMs) => told.push(retryInMs),
  });
  stream.start();
  await expect.poll(() => told.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(4);
  stream.rest();
  const before = [opened, told.length];
  works = true;
  stream.start();
  // In this turn, not when its time comes.
  await new Promise((resolve) => setImmediate(resolve));
  expect([opened - 1, told.length]).toEqual(before);
  await shown.promise;
  expect([opened - 1, told.length]).toEqual(before);
  await stream.stop();
}, 20_000);

it("a rung whose encoder fails takes nothing from another's viewers, and is tried again less and less often", async () => {
  const { camera, seen } = steadyCamera();
  const encoder: EncoderRecipe = { ...X264 };
  const units = new Map<number, number>();
  const pausesMs: number[] = [];
  const stream = streamOf(camera, {
    encoder,
    onUnit: (_, rung) => units.set(rung, (units.get(rung) ?? 0) + 1),
    onFailure: (_, pauseMs) => pausesMs.push(pauseMs),
  });
  stream.start();
  await expect.poll(() => units.get(1)).toBeGreaterThan(0);
  encoder.options = { ...X264.options, preset: "no-such-preset" };
  const both = [RUNG, { ...RUNG, id: 2, width: 160, height: 90 }];
  // As the ladder does.
  const ticker = setInterval(() => stream.setRungs(both), 20);
  await expect.poll(() => pausesMs.length).toBe(3);
  expect(pausesMs[2]).toBeGreaterThanOrEqual(500);
  const before = units.get(1) ?? 0;
  encoder.options = X264.options;
  await expect.poll(() => units.get(2)).toBeGreaterThan(0);
  expect(units.get(1)).toBeGreaterThan(before + 10);
  expect(seen.opened).toBe(1);
  clearInterval(ticker);
  await stream.stop();
}, 20_000);

it("a rung that waits after a failure is tried at once when no other is left", async () => {
  const { camera, seen } = steadyCamera();
  const encoder: EncoderRecipe = { ...X264 };
  const units = new Map<number, number>();
  const pausesMs: number[] = [];
  const stream = streamOf(camera, {
    encoder,
    onUnit: (_, rung) => units.set(rung, (units.get(rung) ?? 0) + 1),
    onFailure: (_, pauseMs) => pausesMs.push(pauseMs),
  });
  stream.start();
  await expect.poll(() => units.get(1)).toBeGreaterThan(0);
  encoder.options = { ...X264.options, preset: "no-such-preset" };
  const second = { ...RUNG, id: 2, width: 160, height: 90 };
  const ticker = setInterval(() => stream.setRungs([RUNG, second]), 20);
  await expect.poll(() => pausesMs.length, { timeout: 10_000 }).toBe(4);
  clearInterval(ticker);
  expect(stream.requestKeyframe(2, "repair")).toBe(false);
  encoder.options = X264.options;
  stream.setRungs([second]);
  expect(stream.requestKeyframe(2, "repair")).toBe(true);
  await expect.poll(() => units.get(2)).toBeGreaterThan(0);
  expect([pausesMs.length, seen.opened]).toEqual([4, 1]);
  await stream.stop();
}, 20_000);

it("a camera whose pictures cannot be encoded is opened again less and less often", async () => {
  const { camera } = steadyCamera();
  const pausesMs: number[] = [];
  const stream = streamOf(camera, {
    encoder: { ...X264, options: { ...X264.options, preset: "no-such-preset" } },
    onFailure: (_, pauseMs) => pausesMs.push(pauseMs),
  });
  stream.start();
  await expect.poll(() => pausesMs.length, { timeout: 10_000 }).toBe(4);
  expect(pausesMs[3]).toBeGreaterThanOrEqual(1_000);
  await stream.stop();
}, 20_000);

it("a camera that gives a picture and ends is opened again less and less often", async () => {
  const frame = flatFrame(320, 180, 100);
  const camera: Camera = {
    name: "brief",
    open: async () => ({
      format: { width: 320, height: 180, fps: 30 },
      async *frames() {
        yield { frame, capturedAtMs: performance.now() };
        await sleep(200);
      },
      async [Symbol.asyncDispose]() {},
    }),
  };
  const pausesMs: number[] = [];
  let units = 0;
  const stream = streamOf(camera, {
    onUnit: () => units++,
    onFailure: (_, pauseMs) => pausesMs.push(pauseMs),
  });
  stream.start();
  await expect.poll(() => pausesMs.length, { timeout: 10_000 }).toBe(4);
  expect(units).toBeGreaterThan(0);
  expect(pausesMs[3]).toBeGreaterThanOrEqual(1_000);
  await stream.stop();
}, 20_000);

it("an encoder that fails is named, and camera and encoder are opened anew", async () => {
  const { camera, hasty } = hastyCamera();
  const failed = Promise.withResolvers<unknown>();
  const shown = Promise.withResolvers<void>();
  const encoder: EncoderRecipe = { ...X264, options: { ...X264.options, preset: "no-such-preset" } };
  const stream = streamOf(camera, {
    encoder,
    onUnit: () => shown.resolve(),
    onFailure: (error) => {
      encoder.options = X264.options;
      failed.resolve(error);
    },
  });
  stream.start();
  expect(String(await failed.promise)).toMatch(/libx264 refuses/);
  await shown.promise;
  expect(hasty.opened).toBe(2);
  await stream.stop();
});

/** As FFmpeg's encoder is where the device is not there, or takes no such picture. */
const REFUSING: EncoderRecipe = { ...HARDWARE_LIKE, options: { ...X264.options, preset: "no-such-preset" } };

it("hardware that refuses the camera's pictures twice is left for x264", async () => {
  const { camera, seen } = steadyCamera();
  let units = 0;
  const told: string[] = [];
  const encoders: string[] = [];
  const stream: CameraStream = streamOf(camera, {
    encoder: { ...REFUSING, name: "nvenc" },
    onUnit: () => units++,
    onFailure: (error) => told.push(String(error)),
    onEncoders: () => encoders.push(stream.encoders),
  });
  expect(stream.encoders).toBe("nvenc");
  stream.start();
  await expect.poll(() => units).toBeGreaterThan(0);
  expect(told).toHaveLength(2);
  expect(encoders).toEqual(["x264"]);
  // It stays so for those who come later.
  stream.rest();
  stream.start();
  await sleep(100);
  expect([told.length, seen.opened]).toEqual([2, 3]);
  // The next rung is another one, which hardware may take.
  stream.setRungs([{ ...RUNG, id: 2 }]);
  expect(encoders).toEqual(["x264", "nvenc"]);
  await stream.stop();
});

it("hardware that has no session for a further rung leaves that one to x264", async () => {
  const { camera, seen } = steadyCamera();
  const encoder: EncoderRecipe = { ...HARDWARE_LIKE };
  const units = new Map<number, number>();
  let failures = 0;
  const stream = streamOf(camera, {
    encoder,
    onUnit: (_, rung) => units.set(rung, (units.get(rung) ?? 0) + 1),
    onFailure: () => failures++,
  });
  stream.start();
  await expect.poll(() => units.get(1)).toBeGreaterThan(0);
  encoder.options = REFUSING.options;
  const ticker = setInterval(() => stream.setRungs([RUNG, { ...RUNG, id: 2, width: 160, height: 90 }]), 20);
  await expect.poll(() => units.get(2)).toBeGreaterThan(0);
  expect([failures, seen.opened]).toEqual([2, 1]);
  clearInterval(ticker);
  await stream.stop();
}, 20_000);
