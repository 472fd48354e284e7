import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import type { Browser } from "../../test/support/browser.ts";
import { Sightline } from "../../test/support/processes.ts";
import { type SeenStamp, stamps, startStamps } from "../../test/support/stamps.ts";
import type { PeerKind } from "../peers/peer.ts";
import type { Signaling } from "../peers/signaling.ts";
import type { Stream } from "../peers/stream.ts";
import { look } from "../peers/viewer-page.ts";
import type { Screen } from "./screen.ts";

export interface Durations {
  settleMs: number;
  measureMs: number;
}

/** How old each picture was, milliseconds. */
export interface Ages {
  onScreen: number[];
  inPage: number[];
  /** How long the screen was watched. */
  watchedMs: number;
}

export interface Place {
  browser: Browser;
  screen: Screen;
  signaling: Signaling;
}

/** The whole of Sightline: its command, its Worker, its page. The page's bars, which would lie over the stamp, are hidden. */
export async function watchSightline(place: Place, stream: Stream, durations: Durations): Promise<Ages> {
  const { width, height, fps, bitrateBps } = stream;
  const size = ["--size", `${width}x${height}`, "--fps", String(fps), "--bitrate", String(bitrateBps)];
  await using sender = new Sightline(["send", "--port", "0", ...size]);
  await using page = await place.browser.page();
  await page.goto(await sender.link());
  await page.waitForFunction(() => Reflect.get(globalThis, "sightline")?.state.name === "live", undefined, {
    polling: 100,
  });
  await page.evaluate(`for (const bar of document.querySelectorAll(".bar")) bar.style.display = "none"`);
  return await measure(page, place.screen, stream, durations);
}

export async function watchPeer(kind: PeerKind, place: Place, stream: Stream, durations: Durations): Promise<Ages> {
  await using peer = await kind.open(stream);
  place.signaling.peer = peer;
  await using page = await place.browser.page();
  await page.goto(place.signaling.url);
  await look(page);
  return await measure(page, place.screen, stream, durations);
}

/** On the screen first, then in the page: reading pixels there costs the page time that the screen would show. */
async function measure(page: Page, screen: Screen, stream: Stream, durations: Durations): Promise<Ages> {
  const { settleMs, measureMs } = durations;
  // Pixel for pixel: scaling would cost time, and differently from one page to another.
  await page.evaluate(`Object.assign(document.querySelector("video").style, {
    width: "${stream.width}px", height: "${stream.height}px" })`);
  await sleep(settleMs);
  using watch = await screen.watch();
  await sleep(measureMs);
  const { stamps: onScreen, watchedMs } = await watch.seen();
  if (onScreen.length === 0) throw new Error("no picture with a stamp was seen on the screen");
  await startStamps(page);
  await sleep(measureMs);
  // Without the first, which may have stood there before anybody looked.
  const [, ...inPage] = await stamps(page);
  return { onScreen: agesOf(onScreen), inPage: agesOf(inPage), watchedMs };
}

function agesOf(seen: SeenStamp[]): number[] {
  return seen.map(({ seenAtMs, drawnAtMs }) => seenAtMs - drawnAtMs);
}
