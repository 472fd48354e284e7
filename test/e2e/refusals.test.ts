import { expect } from "vitest";
import { Browser } from "../support/browser.ts";
import { movingStamps } from "../support/stamps.ts";
import { openLink, waitForStatus } from "../support/viewing.ts";
import { it } from "./browser-test.ts";

it("refuses a wrong secret in words, and disturbs nobody who watches", async ({ browser, smallCamera }) => {
  const link = await smallCamera.link();
  const good = await openLink(browser, link);
  await movingStamps(good);
  const bad = await openLink(browser, link.replace(/#.*/, "#AAAAAAAAAAAAAAAAAAAAAA"));
  await waitForStatus(bad, /^Not connected$/);
  expect(await bad.locator("body").innerText()).toContain("Ask for the link again");
  await movingStamps(good);
});

it.for([
  ["on a phone that lies on its side", 568, 320],
  ["with everything four times as large", 320, 256],
] as const)("has its words and its button within reach %s", async ([, width, height], { browser, smallCamera }) => {
  const page = await openLink(browser, (await smallCamera.link()).replace(/#.*/, "#AAAAAAAAAAAAAAAAAAAAAA"));
  await page.setViewportSize({ width, height });
  // Only what nothing else covers can be clicked.
  for (const what of ["#retry", "#title", "#detail"]) {
    await page.locator(what).click({ trial: true, timeout: 10_000 });
  }
});

it("keeps its numbers on a narrow screen", async ({ browser, camera }) => {
  const page = await openLink(browser, await camera.link());
  await page.setViewportSize({ width: 320, height: 568 });
  await page.locator("#figures li").nth(3).waitFor();
  const { x = 0, width = 0 } = (await page.locator("#figures").boundingBox()) ?? {};
  expect(x + width).toBeLessThanOrEqual(320);
});

for (const [what, damage] of [
  ["no secret", (link: string) => link.replace(/#.*/, "")],
  ["half a secret", (link: string) => link.slice(0, -4)],
  ["no session", (link: string) => link.replace(/\/s\/[^#]*/, "/s/x")],
] as const) {
  it(`says what is wrong with a link that has ${what}`, async ({ browser, smallCamera }) => {
    const page = await openLink(browser, damage(await smallCamera.link()));
    await waitForStatus(page, /^Not connected$/);
    expect(await page.locator("body").innerText()).toContain("Copy the whole link");
  });
}

it("says that a session is not known", async ({ browser, smallCamera }) => {
  const page = await openLink(browser, (await smallCamera.link()).replace(/\/s\/[^#]*/, "/s/no-such-session"));
  await waitForStatus(page, /^Waiting for the camera$/);
  await page.getByText("This session is not known here").waitFor();
});

it("says that it needs a script, and nothing of a way that it is not on, where there is none", async ({
  smallCamera,
}) => {
  await using browser = await Browser.open({ javaScript: false });
  const page = await browser.page();
  await page.goto(await smallCamera.link());
  await page.locator("noscript p").waitFor();
  expect((await page.locator("body").innerText()).trim()).toMatch(/^This page needs JavaScript .*reload\.$/);
  expect(await page.locator("button:visible").count()).toBe(0);
});
