import { buildSync } from "esbuild";
import type { Page } from "playwright-core";
import type { Stamp } from "../../src/sender/capture/stamp.ts";
import { ROOT } from "./processes.ts";

export interface SeenStamp extends Stamp {
  /** Milliseconds since the Unix epoch when the page had the frame at hand. */
  seenAtMs: number;
}

declare global {
  // What the injected script leaves in the page.
  var sightlineStamps: { seen: SeenStamp[]; blank: number } | undefined;
}

const source = buildSync({
  stdin: {
    contents: `
      import { stampLayout, STAMP_ROWS } from "./src/sender/capture/stamp.ts";
      import { readStamp } from "./test/support/read-stamp.ts";
      const found = { seen: [], blank: 0 };
      globalThis.sightlineStamps = found;
      const canvas = new OffscreenCanvas(16, 16);
      const context = canvas.getContext("2d", { willReadFrequently: true });
      const watch = (video) => {
        const look = () => {
          video.requestVideoFrameCallback(look);
          const seenAtMs = performance.timeOrigin + performance.now();
          const width = video.videoWidth, height = video.videoHeight;
          // Firefox calls back for a frame of the old track when the element has no size, having lost that track.
          if (width === 0 || height === 0) return;
          const { cellHeight, top } = stampLayout(width, height);
          const strip = STAMP_ROWS * cellHeight;
          if (canvas.width !== width || canvas.height !== strip) { canvas.width = width; canvas.height = strip; }
          context.drawImage(video, 0, top, width, strip, 0, 0, width, strip);
          const { data } = context.getImageData(0, 0, width, strip);
          const stamp = readStamp(width, height, (x, y) => data[((y - top) * width + x) * 4 + 1]);
          if (stamp) found.seen.push({ ...stamp, seenAtMs }); else found.blank++;
        };
        video.requestVideoFrameCallback(look);
      };
      const start = () => {
        const video = document.querySelector("video");
        if (video) watch(video); else setTimeout(start, 5);
      };
      start();
    `,
    resolveDir: ROOT,
    loader: "ts",
  },
  bundle: true,
  format: "iife",
  write: false,
}).outputFiles[0];

/** What makes a page read the stamp row out of every frame that its video element shows. */
export const stampScript = source?.text ?? "";

export async function watchStamps(page: Page): Promise<void> {
  await page.addInitScript({ content: stampScript });
}

/** The same for a page that is open already, from now on. */
export async function startStamps(page: Page): Promise<void> {
  await page.evaluate(source?.text ?? "");
}

export async function stamps(page: Page): Promise<SeenStamp[]> {
  return page.evaluate(() => globalThis.sightlineStamps?.seen ?? []);
}

/** Of frames that move on so many show another picture: a keyframe that is asked for shows the last one again. */
const MOVING = 0.8;

/**
 * Waits until the page shows `count` more frames in a row whose stamps move on, so that a frozen or black picture fails.
 * A page that stands behind another may be drawn once a second only.
 * @returns all frames since
 */
export async function movingStamps(page: Page, count = 15, timeoutMs = 40_000): Promise<SeenStamp[]> {
  const before = (await stamps(page)).length;
  const moves = page.waitForFunction(
    ({ before, count, moving }) => {
      const last = globalThis.sightlineStamps?.seen.slice(before).slice(-count) ?? [];
      return last.length === count && new Set(last.map(({ counter }) => counter)).size >= count * moving;
    },
    { before, count, moving: MOVING },
    { timeout: timeoutMs, polling: 50 },
  );
  await moves.catch(async (cause) => {
    const came = (await stamps(page)).length - before;
    throw new Error(came < count ? `${came} frames came, not ${count}` : "the picture stands still", { cause });
  });
  const seen = (await stamps(page)).slice(before);
  const isBackwards = seen.some((stamp, i) => i > 0 && stamp.drawnAtMs < (seen[i - 1]?.drawnAtMs ?? 0));
  if (isBackwards) throw new Error(`the picture went backwards: ${JSON.stringify(seen)}`);
  return seen;
}

/**
 * Waits for `count` more pictures, told by their counter: also where the clock that they show is set, or the sender
 * begins anew.
 * @returns those frames
 */
export async function changingStamps(page: Page, count = 15, timeoutMs = 40_000): Promise<SeenStamp[]> {
  const before = (await stamps(page)).length;
  await page.waitForFunction(
    ([from, wanted]) => {
      const seen = globalThis.sightlineStamps?.seen.slice(from) ?? [];
      return new Set(seen.map(({ counter }) => counter)).size >= (wanted ?? 0);
    },
    [before, count],
    { timeout: timeoutMs, polling: 50 },
  );
  return (await stamps(page)).slice(before);
}
