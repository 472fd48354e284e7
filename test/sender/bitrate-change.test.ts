import { Log } from "node-av";
import { AV_LOG_QUIET } from "node-av/constants";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type BitrateChange, bitrateStep } from "../../src/sender/encode/bitrate-change.ts";
import { Encoding } from "../../src/sender/encode/encoding.ts";
import { H264Encoder } from "../../src/sender/encode/h264-encoder.ts";
import { X264 } from "../../src/sender/encode/recipe.ts";
import { flatFrame } from "./support/frames.ts";

Log.setLevel(AV_LOG_QUIET);
afterEach(() => {
  vi.restoreAllMocks();
});

const FROM_BPS = 1_000_000;

describe("a new bitrate", () => {
  it.each<[BitrateChange, number, number, string]>([
    ["free", 1, 5_000, "leave"],
    ["free", 1.001, 0, "tell"],
    ["free", 0.999, 0, "tell"],
    ["keyframe", 1, 5_000, "leave"],
    ["keyframe", 0.91, 5_000, "leave"],
    ["keyframe", 0.9, 0, "tell"],
    ["keyframe", 0.3, 0, "tell"],
    ["keyframe", 1.24, 5_000, "leave"],
    ["keyframe", 1.25, 1_000, "tell"],
    ["keyframe", 1.25, 999, "leave"],
    ["keyframe", 4, 999, "leave"],
    ["reopen", 0.76, 5_000, "leave"],
    ["reopen", 0.75, 0, "reopen"],
    ["reopen", 1.24, 5_000, "leave"],
    ["reopen", 1.25, 0, "reopen"],
  ])("where its price is %j: %d of the last, %d ms after it: %s", (change, share, sinceMs, step) => {
    expect(bitrateStep(change, { fromBps: FROM_BPS, toBps: FROM_BPS * share }, sinceMs)).toBe(step);
  });
});

it("is told to an encoder that makes a keyframe of it only when it is worth one", async () => {
  const units: unknown[] = [];
  const settings = { width: 320, height: 180, fps: 30, bitrateBps: FROM_BPS };
  await using encoding = new Encoding({
    encoder: { ...X264, bitrateChange: "keyframe" },
    settings,
    onUnit: (unit) => units.push(unit),
    onError: (error) => units.push(error),
  });
  const told = vi.spyOn(H264Encoder.prototype, "setBitrate");
  encoding.offer(flatFrame(320, 180, 100), 0);
  await expect.poll(() => units).toHaveLength(1);
  const openedAtMs = performance.now();
  const now = vi.spyOn(performance, "now");
  // Ten times a second, as a viewer's network is followed.
  for (let i = 0; i < 60; i++) {
    now.mockReturnValue(openedAtMs + i * 100);
    const wander = i % 2 === 0 ? 0.97 : 1.03;
    const bitrateBps = FROM_BPS * wander * (i < 20 ? 1 : i < 30 ? 0.5 : 2);
    encoding.configure({ ...settings, bitrateBps });
  }
  now.mockRestore();
  expect(told.mock.calls.map(([bitrateBps]) => bitrateBps / FROM_BPS)).toEqual([0.485, 1.94]);
});
