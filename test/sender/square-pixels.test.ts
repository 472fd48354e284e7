import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Log } from "node-av";
import { AV_LOG_QUIET } from "node-av/constants";
import { afterAll, expect, it } from "vitest";
import { chooseCamera } from "../../src/sender/capture/camera.ts";
import { Encoding } from "../../src/sender/encode/encoding.ts";
import { X264 } from "../../src/sender/encode/recipe.ts";
import { inSquarePixels } from "../../src/sender/square-pixels.ts";
import { writeClip } from "./support/clip.ts";
import { parseSps } from "./support/sps.ts";

Log.setLevel(AV_LOG_QUIET);

const folder = mkdtempSync(join(tmpdir(), "sightline-pixels-"));
afterAll(() => rmSync(folder, { recursive: true }));

it.each([
  [
    [1280, 720],
    [1, 1],
    [1280, 720],
  ],
  [
    [1279, 719],
    [1, 1],
    [1279, 719],
  ],
  [
    [1280, 720],
    [0, 1],
    [1280, 720],
  ],
  [
    [1280, 720],
    [1, 0],
    [1280, 720],
  ],
  [
    [704, 576],
    [12, 11],
    [768, 576],
  ],
  [
    [720, 480],
    [8, 9],
    [640, 480],
  ],
  [
    [1440, 1080],
    [4, 3],
    [1920, 1080],
  ],
  [
    [640, 480],
    [1000, 1],
    [640, 480],
  ],
  [
    [640, 480],
    [1, 1000],
    [640, 480],
  ],
] as const)("%j pixels of %j are shown as %j", ([width, height], [num, den], [shownWidth, shownHeight]) => {
  const shown = inSquarePixels({ width, height, sampleAspectRatio: { num, den } });
  expect(shown).toEqual({ width: shownWidth, height: shownHeight });
});

it.each(["clip.mp4", "clip.mkv", "clip.h264"])(
  "%s of oblong pixels is told, and encoded, as it is shown",
  async (name) => {
    const path = join(folder, name);
    await writeClip(path, { lumas: [100, 100], fps: 20, width: 144, height: 108, sampleAspectRatio: [4, 3] });
    await using source = await chooseCamera(path, {}).open(AbortSignal.timeout(5_000));
    expect(source.format).toMatchObject({ width: 192, height: 108 });
    const encoded = Promise.withResolvers<Buffer[]>();
    await using encoding = new Encoding({
      encoder: X264,
      settings: { width: 192, height: 108, fps: 20, bitrateBps: 500_000 },
      onUnit: ({ nals }) => encoded.resolve(nals),
      onError: encoded.reject,
    });
    for await (const { frame, capturedAtMs } of source.frames(AbortSignal.timeout(5_000))) {
      encoding.offer(frame, capturedAtMs);
      break;
    }
    const [sps] = await encoded.promise;
    expect(parseSps(sps ?? Buffer.alloc(0))).toMatchObject({ width: 192, height: 108 });
  },
);
