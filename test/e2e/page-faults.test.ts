import { expect } from "vitest";
import { Sightline } from "../support/processes.ts";
import { movingStamps, watchStamps } from "../support/stamps.ts";
import { it } from "./browser-test.ts";

const NO_FIRST_OFFER = `{
  const { createOffer } = RTCPeerConnection.prototype;
  let offers = 0;
  RTCPeerConnection.prototype.createOffer = function () {
    return offers++ === 0 ? new Promise(() => {}) : createOffer.call(this);
  };
}`;

it("is shown and watched over though the browser never makes its first offer", async ({ browser }) => {
  await using sender = new Sightline(["send", "--port", "0"]);
  const page = await browser.page();
  await page.addInitScript(NO_FIRST_OFFER);
  await watchStamps(page);
  await page.goto(await sender.link());
  await page.locator("[role=status]").first().waitFor({ state: "visible" });
  await movingStamps(page, 8, 40_000);
});

it("goes on though its script cannot be had at first", async ({ browser }) => {
  await using sender = new Sightline(["send", "--port", "0"]);
  const page = await browser.page();
  const asked: string[] = [];
  await page.route("**/page.js*", async (route) => {
    asked.push(route.request().url());
    if (asked.length > 3) await route.continue();
    else await route.fulfill({ status: 503, body: "" });
  });
  await watchStamps(page);
  await page.goto(await sender.link());
  await page.locator("[role=status]").first().getByText("Live").waitFor();
  expect(asked.length).toBeGreaterThan(3);
  await movingStamps(page);
  expect(sender.events.filter(({ state }) => state === "connected")).toHaveLength(1);
});
