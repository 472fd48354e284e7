import type { Page } from "playwright-core";
import { expect } from "vitest";
import { IdentityStore } from "../../src/sender/identity.ts";
import type { Browser } from "../support/browser.ts";
import { Sightline } from "../support/processes.ts";
import { movingStamps, watchStamps } from "../support/stamps.ts";
import { waitForStatus } from "../support/viewing.ts";
import { it } from "./browser-test.ts";

declare global {
  var connectionsMade: number | undefined;
}

const COUNT = `
  globalThis.connectionsMade = 0;
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...args) { super(...args); connectionsMade++; }
  };`;
/** Longer than any silence is borne. */
const LONG_MS = 12_000;

async function openLink(browser: Browser, link: string): Promise<Page> {
  const page = await browser.page();
  await watchStamps(page);
  await page.addInitScript({ content: COUNT });
  await page.goto(link);
  return page;
}

it("a paused camera's path is taken for well, and no other made", async ({ browser, stateDir }) => {
  await using sender = new Sightline(["send", "--port", "0", "--state", stateDir]);
  const link = new URL(await sender.link());
  const page = await openLink(browser, link.href);
  await movingStamps(page);
  const sessionId = link.pathname.slice("/s/".length);
  const patch = (paused: boolean) =>
    fetch(`${link.origin}/api/sessions/${sessionId}`, {
      method: "PATCH",
      headers: {
        authorization: `Bearer ${new IdentityStore(stateDir).read(sessionId)?.senderToken}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({ paused }),
    });
  expect((await patch(true)).status).toBe(200);
  await waitForStatus(page, /paused/i);
  await page.waitForTimeout(LONG_MS);
  expect(await page.evaluate(() => globalThis.connectionsMade)).toBe(1);
  await patch(false);
  await movingStamps(page);
  expect(await page.evaluate(() => globalThis.connectionsMade)).toBe(1);
});

it("nor is that of a camera with one picture a second", async ({ browser, stateDir }) => {
  await using sender = new Sightline(["send", "--port", "0", "--state", stateDir, "--fps", "1"]);
  const page = await openLink(browser, await sender.link());
  await movingStamps(page, LONG_MS / 1_000, 2 * LONG_MS);
  expect(await page.evaluate(() => globalThis.connectionsMade)).toBe(1);
});
