import * as v from "valibot";
import { describe, expect, it } from "vitest";
import {
  BitrateBps,
  FramesPerSecond,
  formatBitrate,
  formatFps,
  PixelCount,
  parseBitrateBps,
  parseDurationMs,
  parseSize,
} from "../../src/protocol/units.ts";

describe("a bitrate as people write it", () => {
  it.each([
    ["2.5M", 2_500_000],
    ["800k", 800_000],
    ["50k", 50_000],
    ["100M", 100_000_000],
    ["1200000", 1_200_000],
    [" 1M ", 1_000_000],
    ["2.0000001M", 2_000_000],
    ["49k", undefined],
    ["101M", undefined],
    ["0", undefined],
    ["-1M", undefined],
    ["2,5M", undefined],
    ["2.5 M", undefined],
    ["2.5m", undefined],
    ["2.5Mbps", undefined],
    ["1e6", undefined],
    [".5M", undefined],
    ["fast", undefined],
    ["", undefined],
  ])("%j is %s bps", (text, bitrateBps) => {
    expect(parseBitrateBps(text)).toBe(bitrateBps);
  });

  it.each([
    [2_500_000, "2.5 Mbps"],
    [2_000_000, "2 Mbps"],
    [1_234_567, "1.23 Mbps"],
    [999_000, "999 kbps"],
    [50_000, "50 kbps"],
  ])("%i bps reads %j", (bitrateBps, text) => {
    expect(formatBitrate(bitrateBps)).toBe(text);
  });
});

it.each([
  [30, "30"],
  [30_000 / 1_001, "29.97"],
  [12.5, "12.5"],
])("%d fps reads %j", (fps, text) => {
  expect(formatFps(fps)).toBe(text);
});

describe("a picture size as people write it", () => {
  it.each([
    ["1280x720", { width: 1280, height: 720 }],
    [" 640x480 ", { width: 640, height: 480 }],
    ["16x16", { width: 16, height: 16 }],
    ["8192x4320", { width: 8192, height: 4320 }],
    ["1281x720", undefined],
    ["1280x721", undefined],
    ["14x16", undefined],
    ["8194x720", undefined],
    ["1280X720", undefined],
    ["1280*720", undefined],
    ["1280x", undefined],
    ["1280x720x3", undefined],
    ["-1280x720", undefined],
    ["", undefined],
  ])("%j", (text, size) => {
    expect(parseSize(text)).toEqual(size);
  });
});

describe("a duration as people write it", () => {
  it.each([
    ["90s", 90_000],
    ["30m", 1_800_000],
    ["2h", 7_200_000],
    ["7d", 604_800_000],
    ["0.5h", 1_800_000],
    ["0s", undefined],
    ["2", undefined],
    ["2 h", undefined],
    ["2H", undefined],
    ["-2h", undefined],
    ["1h30m", undefined],
    ["", undefined],
  ])("%j is %s ms", (text, durationMs) => {
    expect(parseDurationMs(text)).toBe(durationMs);
  });
});

it.each([
  [BitrateBps, [50_000, 100_000_000], [49_999, 100_000_001, 1e6 + 0.5, Number.NaN, "1000000"]],
  [FramesPerSecond, [1, 29.97, 240], [0, 0.5, 241, Number.NaN, Number.POSITIVE_INFINITY, "30"]],
  [PixelCount, [16, 1280, 8192], [14, 15, 1281, 8194, 720.5, -720, Number.NaN, "720"]],
])("schemas keep their ranges (%#)", (schema, good, bad) => {
  for (const value of good) expect(v.is(schema, value), String(value)).toBe(true);
  for (const value of bad) expect(v.is(schema, value), String(value)).toBe(false);
});
