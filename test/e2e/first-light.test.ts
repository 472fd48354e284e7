import { expect } from "vitest";
import { Browser } from "../support/browser.ts";
import { Sightline } from "../support/processes.ts";
import { movingStamps, watchStamps } from "../support/stamps.ts";
import { openLink, waitForStatus } from "../support/viewing.ts";
import { it } from "./browser-test.ts";

it("shows the test pattern live, drawn a moment ago", async ({ browser, camera }) => {
  const page = await openLink(browser, await camera.link());
  const seen = await movingStamps(page, 30);
  for (const { seenAtMs, drawnAtMs } of seen) {
    expect(seenAtMs).toBeGreaterThanOrEqual(drawnAtMs);
    expect(seenAtMs - drawnAtMs).toBeLessThan(5_000);
  }
  await waitForStatus(page, /^Live$/);
});

it("serves three viewers at once, and goes on when one leaves", async ({ browser, camera }) => {
  const link = await camera.link();
  const before = camera.events.length;
  const pages = await Promise.all([0, 1, 2].map(() => openLink(browser, link)));
  await Promise.all(pages.map((page) => movingStamps(page, 8, 30_000)));
  await pages[0]?.close();
  const since = camera.events.slice(before);
  const came = since.filter(({ state }) => state === "connected").map(({ id }) => id);
  await camera.event(({ state, id }) => state === "gone" && came.includes(id));
  await Promise.all(pages.slice(1).map((page) => movingStamps(page, 8, 30_000)));
});

it("works from a plain http page of a LAN, which is no secure context", async ({ camera }) => {
  await using browser = await Browser.open({ flags: ["--host-resolver-rules=MAP camera.lan 127.0.0.1"] });
  const page = await openLink(browser, (await camera.link()).replace("127.0.0.1", "camera.lan"));
  await movingStamps(page);
  expect(await page.evaluate("globalThis.isSecureContext")).toBe(false);
});

it("fits a phone", async ({ browser, camera }) => {
  const page = await browser.page();
  await page.setViewportSize({ width: 390, height: 844 });
  await watchStamps(page);
  await page.goto(await camera.link());
  await movingStamps(page);
  const overflow = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
  expect(overflow).toBe(0);
});

it("tells viewers that the session has ended when its sender is stopped", async ({ browser, stateDir }) => {
  await using edge = new Sightline(["serve", "--port", "0", "--state", stateDir]);
  const sender = new Sightline(["send", "--edge", await edge.edge(), "--state", stateDir]);
  const page = await openLink(browser, await sender.link());
  await movingStamps(page);
  expect(await sender.stop()).toBe(0);
  await waitForStatus(page, /^Ended$/);
});
