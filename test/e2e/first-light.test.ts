import { afterAll, beforeAll, expect, it } from "vitest";
import { Browser } from "../support/browser.ts";
import { Sightline } from "../support/processes.ts";
import { movingStamps, watchStamps } from "../support/stamps.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await Browser.open();
});
afterAll(() => browser[Symbol.asyncDispose]());

it("shows the test pattern live in a real browser", async () => {
  await using sender = new Sightline(["send", "--port", "0"]);
  const page = await browser.page();
  await watchStamps(page);
  await page.goto(await sender.link());
  const seen = await movingStamps(page, 30);
  const delays = seen.map(({ seenAtMs, drawnAtMs }) => seenAtMs - drawnAtMs);
  console.log(delays.map((d) => d.toFixed(0)).join(" "));
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(0);
  await page.screenshot({ path: "/tmp/shot.png" });
  await page.close();
});
