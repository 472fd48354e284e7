import { Log } from "node-av";
import { AV_LOG_QUIET } from "node-av/constants";
import { expect, it } from "vitest";
import { X264 } from "../../src/sender/encode/recipe.ts";
import { RungEncoder } from "../../src/sender/rung-encoder.ts";
import { flatFrame } from "./support/frames.ts";

Log.setLevel(AV_LOG_QUIET);

it("leaves pictures out while the camera gives more than it said, and no longer", async () => {
  const thinned: number[] = [];
  let second = 0;
  await using encoder = new RungEncoder({
    rung: { id: 1, width: 160, height: 90, fps: 30, bitrateBps: 200_000 },
    encoder: X264,
    sourceFps: 30,
    onUnit: () => {},
    onError: () => {},
    onDrop: (reason) => {
      if (reason === "thinned") thinned[second] = (thinned[second] ?? 0) + 1;
    },
  });
  const frame = flatFrame(160, 90, 100);
  for (; second < 16; second++) {
    thinned[second] = 0;
    const fps = second < 8 ? 60 : 30;
    // Six at a time, as a network may deliver them: one that still left pictures out would keep the first of them.
    for (let i = 0; i < fps; i++) encoder.offer(frame, (second + (i - (i % 6)) / fps) * 1_000);
  }
  expect(thinned[6]).toBeGreaterThanOrEqual(30);
  expect(thinned.slice(12)).toEqual([0, 0, 0, 0]);
});
