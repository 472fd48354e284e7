import { expect, it } from "vitest";
import { CameraMeter, type FrameDrop } from "../../../src/sender/stats/camera-meter.ts";
import { median, tenths } from "../../../src/sender/stats/numbers.ts";

const RUNG = { id: 7, width: 640, height: 360, fps: 15, bitrateBps: 400_000.4 };

/** Frames at a steady rate, each encoded for the rung after so long. */
function run(meter: CameraMeter, fps: number, fromMs: number, toMs: number, encodeMs: (i: number) => number, rung = 7) {
  for (let i = 0, atMs = fromMs; atMs < toMs; i++, atMs = fromMs + (i * 1_000) / fps) {
    meter.captured(atMs);
    meter.encoded(rung, { keyframe: i === 0, capturedAtMs: atMs, encodedAtMs: atMs + encodeMs(i) });
  }
}

it("rates are those of a steady beat, times the middle and the last", () => {
  const meter = new CameraMeter();
  run(meter, 30, 0, 5_000, (i) => (i % 3 === 0 ? 20 : 2));
  const stats = meter.read("pattern", [RUNG], 5_000);
  expect(stats).toMatchObject({
    name: "pattern",
    capturedFps: 30,
    framesCaptured: 150,
    framesEncoded: 150,
    keyframes: 1,
  });
  expect(stats.rungs).toEqual([
    { ...RUNG, bitrateBps: 400_000, encodedFps: expect.closeTo(30, 0), encodeMs: 2, lastEncodeMs: 2 },
  ]);
});

it("a rung that gave nothing yet has no times, and a closed camera no rate", () => {
  const meter = new CameraMeter();
  run(meter, 30, 0, 1_000, () => 2);
  const { capturedFps, framesCaptured, rungs } = meter.read("pattern", [{ ...RUNG, id: 8 }], 3_100);
  expect({ capturedFps, framesCaptured }).toEqual({ capturedFps: 0, framesCaptured: 30 });
  expect(rungs).toEqual([{ ...RUNG, id: 8, bitrateBps: 400_000, encodedFps: 0 }]);
});

it.each([0.99, 0.5, 0.2])("a camera of %d fps has a rate at every moment, until a picture is long overdue", (fps) => {
  const meter = new CameraMeter();
  const everyMs = 1_000 / fps;
  const read = (nowMs: number) => {
    const { capturedFps, rungs } = meter.read("timelapse", [RUNG], nowMs);
    return [capturedFps, rungs[0]?.encodedFps];
  };
  for (let i = 0; i < 10; i++) {
    run(meter, fps, i * everyMs, i * everyMs + 1, () => 2);
    if (i > 0) for (const share of [0.1, 0.9]) expect(read((i + share) * everyMs)).toEqual([tenths(fps), tenths(fps)]);
  }
  expect(read(9 * everyMs + Math.max(2_100, 1.6 * everyMs))).toEqual([0, 0]);
});

it("the times of a rung that has stopped are not told as if they were of now", () => {
  const meter = new CameraMeter();
  const read = (nowMs: number) => meter.read("", [RUNG], nowMs).rungs[0];
  run(meter, 30, 0, 1, () => 2);
  expect([read(1_900)?.encodeMs, read(2_100)?.encodeMs]).toEqual([2, undefined]);
  run(meter, 30, 3_000, 5_000, () => 4);
  expect(read(6_900)).toMatchObject({ encodeMs: 4, lastEncodeMs: 4 });
  expect(read(7_100)).toEqual({ ...RUNG, bitrateBps: 400_000, encodedFps: 0 });
});

it("the one picture of a slow rung has its times until the next is overdue", () => {
  const meter = new CameraMeter();
  run(meter, 0.1, 0, 1, () => 2);
  const read = (nowMs: number) => meter.read("", [{ ...RUNG, fps: 0.1 }], nowMs).rungs[0]?.encodeMs;
  expect([read(14_000), read(16_000)]).toEqual([2, undefined]);
});

it("counts what was dropped by its reason", () => {
  const meter = new CameraMeter();
  for (const reason of ["thinned", "encoder-busy", "thinned"] as const) meter.dropped(reason, 7);
  expect(meter.read("", [], 0)).toMatchObject({ framesDroppedThinned: 2, framesDroppedEncoderBusy: 1 });
});

it("tells once what became of each rung's pictures, which were not thinned out", () => {
  const meter = new CameraMeter();
  const drop = (reason: FrameDrop, rung: number, count: number) => {
    for (let i = 0; i < count; i++) meter.dropped(reason, rung);
  };
  run(meter, 30, 0, 1_000, () => 2, 1);
  drop("encoder-busy", 1, 3);
  drop("encoder-busy", 2, 5);
  drop("thinned", 2, 7);
  drop("thinned", 3, 9);
  expect([...meter.takeWork()]).toEqual([
    [1, { encoded: 30, dropped: 3 }],
    [2, { encoded: 0, dropped: 5 }],
  ]);
  drop("encoder-busy", 2, 1);
  expect([...meter.takeWork()]).toEqual([[2, { encoded: 0, dropped: 1 }]]);
  expect(meter.read("", [], 0)).toMatchObject({ framesEncoded: 30, framesDroppedEncoderBusy: 9 });
});

it("rungs that are gone are forgotten, what they encoded is not", () => {
  const meter = new CameraMeter();
  run(meter, 30, 0, 1_000, () => 2, 1);
  run(meter, 30, 5_000, 6_000, () => 2, 2);
  const { framesEncoded, rungs } = meter.read("", [{ ...RUNG, id: 1 }], 2_000);
  expect(framesEncoded).toBe(60);
  expect(rungs[0]?.encodeMs).toBeUndefined();
});

it.each([
  [[], 0],
  [[3], 3],
  [[5, 1], 3],
  [[9, 1, 2], 2],
])("the median of %j is %d", (values, expected) => {
  expect(median(values)).toBe(expected);
});
