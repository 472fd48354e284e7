import { Log } from "node-av";
import {
  AV_LOG_QUIET,
  AV_PIX_FMT_BGR24,
  AV_PIX_FMT_GRAY8,
  AV_PIX_FMT_NV12,
  AV_PIX_FMT_RGB24,
  AV_PIX_FMT_RGBA,
  AV_PIX_FMT_YUV420P,
  AV_PIX_FMT_YUV422P,
  AV_PIX_FMT_YUVJ420P,
  AV_PIX_FMT_YUVJ422P,
  AV_PIX_FMT_YUYV422,
  AVCOL_RANGE_JPEG,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_RGB,
  AVCOL_SPC_SMPTE170M,
  AVCOL_SPC_UNSPECIFIED,
} from "node-av/constants";
import { describe, expect, it } from "vitest";
import { Converter, fitInside } from "../../src/sender/encode/converter.ts";
import { emptyFrame, fillPlanes, flatFrame, lumaAt } from "./support/frames.ts";

Log.setLevel(AV_LOG_QUIET);

describe("a picture fitted inside a box", () => {
  it.each([
    [[1280, 720], {}, [1280, 720]],
    [[1280, 720], { width: 640, height: 480 }, [640, 360]],
    [[1280, 720], { width: 640 }, [640, 360]],
    [[1280, 720], { height: 360 }, [640, 360]],
    [[1280, 720], { width: 1920, height: 1080 }, [1280, 720]],
    [[640, 480], { width: 1280, height: 240 }, [320, 240]],
    [[720, 1280], { width: 640, height: 640 }, [360, 640]],
    [[1281, 721], {}, [1282, 722]],
    [[1279, 719], {}, [1280, 720]],
    [[1280, 720], { width: 854, height: 480 }, [854, 480]],
    [[1280, 720], { width: 1000 }, [1000, 562]],
    [[4000, 20], { width: 400 }, [400, 16]],
    [[8, 8], {}, [16, 16]],
  ] as const)("%j in %j is %j", ([width, height], box, [fitWidth, fitHeight]) => {
    expect(fitInside({ width, height }, box)).toEqual({ width: fitWidth, height: fitHeight });
  });
});

describe("a picture in another format becomes 4:2:0:", () => {
  const full = { range: AVCOL_RANGE_JPEG };
  it.each<[string, Parameters<typeof emptyFrame>[2], object, number[], [y: number, u: number, v: number]]>([
    ["RGB white", AV_PIX_FMT_RGB24, {}, [255], [235, 128, 128]],
    ["RGB black", AV_PIX_FMT_BGR24, {}, [0], [16, 128, 128]],
    ["RGBA white", AV_PIX_FMT_RGBA, {}, [255], [235, 128, 128]],
    ["RGB as a decoder marks it", AV_PIX_FMT_RGB24, { ...full, space: AVCOL_SPC_RGB }, [255], [235, 128, 128]],
    ["NV12", AV_PIX_FMT_NV12, {}, [100, 90], [100, 90, 90]],
    ["4:2:2", AV_PIX_FMT_YUV422P, {}, [100, 60, 200], [100, 60, 200]],
    ["packed 4:2:2 of webcams", AV_PIX_FMT_YUYV422, {}, [128], [128, 128, 128]],
    ["grey", AV_PIX_FMT_GRAY8, {}, [255], [235, 128, 128]],
    ["white MJPEG of webcams", AV_PIX_FMT_YUVJ422P, full, [255, 128, 128], [235, 128, 128]],
    ["black MJPEG of webcams", AV_PIX_FMT_YUVJ420P, full, [0, 128, 128], [16, 128, 128]],
  ])("%s", async (_name, format, { range, space }: { range?: never; space?: never }, values, expected) => {
    using converter = new Converter(64, 48);
    const frame = fillPlanes(emptyFrame(128, 96, format), ...values);
    if (range !== undefined) frame.colorRange = range;
    if (space !== undefined) frame.colorSpace = space;
    const out = await converter.convert(frame);
    expect([out.width, out.height, out.format]).toEqual([64, 48, AV_PIX_FMT_YUV420P]);
    const middle = [0, 1, 2].map((plane) => out.data?.[plane]?.[(out.linesize[plane] ?? 0) * 10 + 10] ?? -1);
    for (const [i, value] of expected.entries()) expect(Math.abs((middle[i] ?? -1) - value)).toBeLessThanOrEqual(2);
    // What the encoder will tell the viewer's decoder.
    expect(out.colorRange).toBe(AVCOL_RANGE_MPEG);
    expect(out.colorSpace).toBe(space === AVCOL_SPC_RGB ? AVCOL_SPC_SMPTE170M : AVCOL_SPC_UNSPECIFIED);
    frame.free();
  });
});

it("lets a picture through untouched that already fits", async () => {
  using converter = new Converter(64, 48);
  const frame = flatFrame(64, 48, 100);
  expect(await converter.convert(frame)).toBe(frame);
});

it("keeps left, right, top and bottom when it scales", async () => {
  using converter = new Converter(320, 180);
  const frame = flatFrame(640, 360, 50);
  const [luma] = frame.data ?? [];
  for (let y = 0; y < 180; y++) luma?.fill(200, y * (frame.linesize[0] ?? 0), y * (frame.linesize[0] ?? 0) + 320);
  const out = await converter.convert(frame);
  const corners = [lumaAt(out, 40, 40), lumaAt(out, 280, 40), lumaAt(out, 40, 140), lumaAt(out, 280, 140)];
  expect(corners).toEqual([200, 50, 50, 50]);
});

it("takes pictures of changing size and format one after the other", async () => {
  using converter = new Converter(64, 48);
  const outs: number[] = [];
  for (const [width, height, format, luma] of [
    [128, 96, AV_PIX_FMT_YUV420P, 50],
    [200, 100, AV_PIX_FMT_YUV422P, 100],
    [128, 96, AV_PIX_FMT_NV12, 150],
    [64, 48, AV_PIX_FMT_YUV422P, 200],
  ] as const) {
    const frame = fillPlanes(emptyFrame(width, height, format), luma, 128, 128);
    outs.push(lumaAt(await converter.convert(frame), 20, 20));
    frame.free();
  }
  expect(outs).toEqual([50, 100, 150, 200]);
});
