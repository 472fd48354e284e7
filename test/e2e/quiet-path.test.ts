import type { Page } from "playwright-core";
import { expect } from "vitest";
import { IdentityStore } from "../../src/sender/identity.ts";
import type { Browser } from "../support/browser.ts";
import { Sightline } from "../support/processes.ts";
import { settled } from "../support/settled.ts";
import { SMALL_PICTURE } from "../support/small-picture.ts";
import { movingStamps, stamps, watchStamps } from "../support/stamps.ts";
import { statusText, waitForStatus } from "../support/viewing.ts";
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

/** Looked at side by side, for waiting is most of it. */
it("a path is taken for well, and no other made, while the camera is paused, or sends one picture a second", async ({
  browser,
  stateDir,
}) => {
  await using sender = new Sightline(["send", "--port", "0", "--state", stateDir, ...SMALL_PICTURE]);
  await using slow = new Sightline(["send", "--port", "0", "--fps", "1"]);
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
  await waitForStatus(page, /^Paused$/);
  const shown = async () => (await stamps(page)).length;
  const pausedAt = await settled(shown);
  const atOnePicture = await openLink(browser, await slow.link());
  await movingStamps(atOnePicture, LONG_MS / 1_000, 2 * LONG_MS);
  expect(await shown()).toBe(pausedAt);
  expect(await statusText(page)).toBe("Paused");
  const made = () => Promise.all([page, atOnePicture].map((each) => each.evaluate(() => globalThis.connectionsMade)));
  expect(await made()).toEqual([1, 1]);
  await page.bringToFront();
  await patch(false);
  await movingStamps(page);
  await waitForStatus(page, /^Live$/);
  expect(await made()).toEqual([1, 1]);
});
