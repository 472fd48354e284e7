import { setTimeout as sleep } from "node:timers/promises";
import { Browser } from "../test/support/browser.ts";
import { Sightline } from "../test/support/processes.ts";
import { type SeenStamp, stamps, watchStamps } from "../test/support/stamps.ts";
import { spread, table } from "./figures.ts";
import { publish } from "./results.ts";

/**
 * How old is a picture when the page has it, and how long from the click to the first one? The age is from the time
 * stamped into the pixels to the page's `requestVideoFrameCallback`; both clocks are this machine's one.
 */
export const needs = [{ package: "chromium", file: "/usr/bin/chromium" }];

const WATCH_MS = 20_000;
const JOINS = 10;
/** The first second holds the join itself. */
const SETTLE_MS = 1_000;

export async function run(args: string[]): Promise<void> {
  await using sender = new Sightline(["send", "--port", "0"]);
  const link = await sender.link();
  const ages = await watch(link);
  const joins: number[] = [];
  for (let i = 0; i < JOINS; i++) joins.push(await join(link));
  const glass = spread(ages);
  const firstFrame = spread(joins);
  const rows = [
    ["stamp to requestVideoFrameCallback, ms", glass.count, glass.p50, glass.p95, glass.p99],
    ["click to first frame, ms", firstFrame.count, firstFrame.p50, firstFrame.p95, firstFrame.p99],
  ];
  const stream = { width: 1280, height: 720, fps: 30, bitrateBps: 2_500_000, network: "loopback" };
  publish("glass", table(["1280x720 at 30 fps", "n", "p50", "p95", "p99"], rows), { stream, glass, firstFrame }, args);
}

async function watch(link: string): Promise<number[]> {
  await using browser = await Browser.open();
  const page = await browser.page();
  await watchStamps(page);
  await page.goto(link);
  await page.waitForFunction(() => (globalThis.sightlineStamps?.seen.length ?? 0) > 0);
  await sleep(SETTLE_MS);
  const from = (await stamps(page)).length;
  await sleep(WATCH_MS);
  return (await stamps(page)).slice(from).map(({ seenAtMs, drawnAtMs }) => seenAtMs - drawnAtMs);
}

/** From the navigation's start, in the page's own clock, to the first frame that it presents. */
async function join(link: string): Promise<number> {
  await using browser = await Browser.open();
  const page = await browser.page();
  await watchStamps(page);
  await page.goto(link);
  await page.waitForFunction(() => (globalThis.sightlineStamps?.seen.length ?? 0) > 0, undefined, { polling: 20 });
  const startedAtMs = await page.evaluate("performance.timeOrigin");
  const [first] = (await stamps(page)) as [SeenStamp];
  return first.seenAtMs - Number(startedAtMs);
}
