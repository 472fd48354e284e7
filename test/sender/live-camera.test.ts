import { once } from "node:events";
import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { Log } from "node-av";
import { AV_LOG_QUIET } from "node-av/constants";
import * as v from "valibot";
import { afterEach, expect, it, vi } from "vitest";
import { SenderReport } from "../../src/protocol/stream.ts";
import type { Camera, SourceFormat } from "../../src/sender/capture/source.ts";
import { H264Encoder } from "../../src/sender/encode/h264-encoder.ts";
import { type EncoderRecipe, X264 } from "../../src/sender/encode/recipe.ts";
import { LiveCamera } from "../../src/sender/live-camera.ts";
import type { Output } from "../../src/sender/output.ts";
import { flatFrame } from "./support/frames.ts";

Log.setLevel(AV_LOG_QUIET);

afterEach(() => void vi.useRealTimers());

const OUTPUT: Output = { emit: () => {}, note: () => {}, qr: () => {} };
const CONFIG = {
  host: "127.0.0.1",
  port: 0,
  lan: false,
  trustProxy: false,
  stateDir: "",
  cameras: ["still"],
  bitrateBps: 500_000,
  encoder: "x264",
  whep: false,
  relayOnly: false,
  json: false,
};

const liveCamera = (camera: Camera, format: SourceFormat) =>
  new LiveCamera(camera, { format, config: CONFIG, output: OUTPUT, encoder: X264 });

/** Gives one picture, then those sizes, and says whether it is open. */
function stillCamera(format: SourceFormat, later: AsyncIterable<Pick<SourceFormat, "width" | "height">> | [] = []) {
  const seen = { opened: 0, closed: 0 };
  const camera: Camera = {
    name: "still",
    open: async () => {
      seen.opened++;
      return {
        format,
        async *frames(signal) {
          yield { frame: flatFrame(format.width, format.height, 100), capturedAtMs: performance.now() };
          for await (const { width, height } of later) {
            yield { frame: flatFrame(width, height, 100), capturedAtMs: performance.now() };
          }
          if (!signal.aborted) await once(signal, "abort");
        },
        async [Symbol.asyncDispose]() {
          seen.closed++;
        },
      };
    },
  };
  return { camera, seen };
}

it.each([
  { width: 10_000, height: 5_000, fps: 30 },
  { width: 2, height: 2, fps: 1 },
  { width: 320, height: 180, fps: 240 },
])("a camera of $width x $height at $fps is reported in the protocol's bounds", async (format) => {
  await using live = liveCamera(stillCamera(format).camera, format);
  expect(v.is(SenderReport, live.report())).toBe(true);
});

it.each([
  ["rtsp://192.168.1.20:7447/SECRET?x=1", "rtsp://192.168.1.20:7447"],
  ["http://camera.example/key/SECRET.m3u8", "http://camera.example"],
  ["/home/ann/SECRET/cam.mp4", "cam.mp4"],
  ["../SECRET/cam.mp4", "cam.mp4"],
  ["/dev/v4l/by-id/usb-front-index0", "/dev/v4l/by-id/usb-front-index0"],
  ["test pattern", "test pattern"],
])("%s is %s to the edge, and itself to its owner", async (name, shown) => {
  const format = { width: 320, height: 180, fps: 30 };
  await using live = liveCamera({ ...stillCamera(format).camera, name }, format);
  expect([live.report().cameras[0]?.name, live.name, live.stats(0).name]).toEqual([shown, name, name]);
});

it("is what the camera turns out to be when it is opened again", async () => {
  const before = { width: 320, height: 180, fps: 10 };
  const formats = [before, { width: 640, height: 360, fps: 30 }];
  let opened = 0;
  const camera: Camera = {
    name: "changed",
    open: async (signal) => stillCamera(formats[opened++] ?? before).camera.open(signal),
  };
  await using live = liveCamera(camera, before);
  const told: SenderReport[] = [];
  live.follow((report) => told.push(report));
  const open = async (count: number) => {
    live.setWatched(true);
    await expect.poll(() => opened).toBe(count);
  };
  await open(1);
  expect([told, live.report().cameras[0]]).toMatchObject([[], before]);
  live.obey({ paused: true });
  live.obey({});
  await open(2);
  await expect.poll(() => told).toEqual([live.report()]);
  expect([told[0]?.cameras[0], live.broadcast.rungs[0]]).toMatchObject([formats[1], formats[1]]);
});

it("is what its pictures are when they change while it is open, as when a phone is turned", async () => {
  const format = { width: 640, height: 360, fps: 30 };
  const turned = { width: 360, height: 640 };
  const grown = { width: 1280, height: 720 };
  const sizes = new PassThrough({ objectMode: true });
  const { camera, seen } = stillCamera(format, sizes);
  await using live = liveCamera(camera, format);
  using ending = new DisposableStack();
  ending.defer(() => sizes.end());
  live.setWatched(true);
  for (const size of [turned, grown, format]) {
    sizes.write(size);
    await expect.poll(() => live.report().cameras[0]).toMatchObject(size);
    expect(live.broadcast.rungs[0]).toMatchObject(size);
  }
  expect(seen).toEqual({ opened: 1, closed: 0 });
});

it("is reported with the encoder that is at work, also where hardware refused and x264 stands in", async () => {
  const format = { width: 320, height: 180, fps: 30 };
  const { software: _runsHere, ...like } = X264;
  const refusing: EncoderRecipe = { ...like, name: "nvenc", options: { preset: "no-such-preset" } };
  await using live = new LiveCamera(stillCamera(format).camera, {
    format,
    config: CONFIG,
    output: OUTPUT,
    encoder: refusing,
  });
  const told: (string | undefined)[] = [];
  live.follow((report) => told.push(report.cameras[0]?.encoder));
  expect(live.report().cameras[0]?.encoder).toBe("nvenc");
  live.setWatched(true);
  await expect.poll(() => told, { timeout: 5_000 }).toEqual(["x264"]);
  expect(live.report().cameras[0]?.encoder).toBe("x264");
});

it("stays open for five seconds after the last viewer, however often the owner asks for something, and not when paused", async () => {
  const format = { width: 320, height: 180, fps: 30 };
  const { camera, seen } = stillCamera(format);
  await using live = liveCamera(camera, format);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  live.setWatched(true);
  await expect.poll(() => seen.opened).toBe(1);
  const staysOpenFor = async (ms: number) => {
    vi.advanceTimersByTime(ms);
    // It would be closed by now.
    await sleep(50);
    expect(seen).toEqual({ opened: 1, closed: 0 });
  };
  live.setWatched(false);
  for (let second = 0; second < 4; second++) {
    await staysOpenFor(1_000);
    live.obey({ bitrateBps: 400_000 + second });
  }
  live.setWatched(true);
  live.setWatched(false);
  await staysOpenFor(4_999);
  vi.advanceTimersByTime(1);
  await expect.poll(() => seen.closed).toBe(1);
  live.setWatched(true);
  await expect.poll(() => seen.opened).toBe(2);
  live.obey({ paused: true });
  await expect.poll(() => seen.closed).toBe(2);
});

it("whose encoder does not keep up has its owner told once", async () => {
  const format = { width: 320, height: 180, fps: 30 };
  const camera: Camera = {
    name: "steady",
    open: async () => ({
      format,
      async *frames(signal) {
        const frame = flatFrame(320, 180, 100);
        for (; !signal.aborted; await sleep(30)) yield { frame, capturedAtMs: performance.now() };
      },
      async [Symbol.asyncDispose]() {},
    }),
  };
  const encode = H264Encoder.prototype.encode;
  const slowly = vi.spyOn(H264Encoder.prototype, "encode").mockImplementation(async function (
    this: H264Encoder,
    ...args
  ) {
    await sleep(100);
    return encode.apply(this, args);
  });
  const notes: string[] = [];
  const output = { ...OUTPUT, note: (line: string) => void notes.push(line) };
  try {
    await using live = new LiveCamera(camera, { format, config: CONFIG, output, encoder: X264 });
    live.setWatched(true);
    await expect.poll(() => notes, { timeout: 20_000 }).not.toEqual([]);
    await sleep(2_000);
    expect(notes).toEqual(["The encoder is too slow for 320x180 at 30 fps: give a smaller --size or --fps."]);
  } finally {
    slowly.mockRestore();
  }
}, 40_000);
