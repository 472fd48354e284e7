import { expect } from "vitest";
import { Sightline } from "../support/processes.ts";
import { movingStamps } from "../support/stamps.ts";
import { openLink, waitForStatus } from "../support/viewing.ts";
import { it } from "./browser-test.ts";

it("refuses a wrong secret in words, and disturbs nobody who watches", async ({ browser }) => {
  await using sender = new Sightline(["send", "--port", "0"]);
  const link = await sender.link();
  const good = await openLink(browser, link);
  await movingStamps(good);
  const bad = await openLink(browser, link.replace(/#.*/, "#AAAAAAAAAAAAAAAAAAAAAA"));
  await waitForStatus(bad, /^Not connected$/);
  expect(await bad.locator("body").innerText()).toContain("Ask for the link again");
  await movingStamps(good);
});

for (const [what, damage] of [
  ["no secret", (link: string) => link.replace(/#.*/, "")],
  ["half a secret", (link: string) => link.slice(0, -4)],
  ["no session", (link: string) => link.replace(/\/s\/[^#]*/, "/s/x")],
] as const) {
  it(`says what is wrong with a link that has ${what}`, async ({ browser }) => {
    await using sender = new Sightline(["send", "--port", "0"]);
    const page = await openLink(browser, damage(await sender.link()));
    await waitForStatus(page, /^Not connected$/);
    expect(await page.locator("body").innerText()).toContain("Copy the whole link");
  });
}

it("says that a session is not known", async ({ browser }) => {
  await using sender = new Sightline(["send", "--port", "0"]);
  const page = await openLink(browser, (await sender.link()).replace(/\/s\/[^#]*/, "/s/no-such-session"));
  await waitForStatus(page, /^Waiting for the camera$/);
  await page.getByText("This session is not known here").waitFor();
});
