import { expect } from "vitest";
import { IdentityStore } from "../../src/sender/identity.ts";
import { runToEnd, Sightline } from "../support/processes.ts";
import { settled } from "../support/settled.ts";
import { SMALL_PICTURE } from "../support/small-picture.ts";
import { movingStamps, stamps } from "../support/stamps.ts";
import { openLink, waitForStatus } from "../support/viewing.ts";
import { it } from "./browser-test.ts";

async function patch(sender: Sightline, stateDir: string, body: object) {
  const link = new URL(await sender.link());
  const sessionId = link.pathname.slice("/s/".length);
  const token = new IdentityStore(stateDir).read(sessionId)?.senderToken;
  const url = `${link.origin}/api/sessions/${sessionId}`;
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const response = await fetch(url, { method: "PATCH", headers, body: JSON.stringify(body) });
  expect(response.status).toBe(200);
  const status = async () => (await fetch(url, { headers })).json() as Promise<{ report: unknown }>;
  return { status };
}

it("opens for viewers and for operators, each by a link of their own", async ({ browser, stateDir }) => {
  await using sender = new Sightline(["send", "--port", "0", "--state", stateDir, ...SMALL_PICTURE]);
  const links = [await sender.link("viewer"), await sender.link("operator")];
  for (const link of links) await movingStamps(await openLink(browser, link));
  // The mark alone opens nothing: the derivation differs too.
  const forged = await openLink(browser, String(links[0]).replace("#", "#operator."));
  await waitForStatus(forged, /^Not connected$/);
});

it("rotates a link: the old one dies, its holders are told and dropped, the others watch on", async ({
  browser,
  stateDir,
}) => {
  await using sender = new Sightline(["send", "--port", "0", "--state", stateDir, ...SMALL_PICTURE]);
  const old = await sender.link("viewer");
  const holder = await openLink(browser, old);
  const operator = await openLink(browser, await sender.link("operator"));
  await Promise.all([movingStamps(holder), movingStamps(operator)]);

  const rotated = await runToEnd(["rotate", "--role", "viewer", "--state", stateDir]);
  expect(rotated.code, rotated.stderr).toBe(0);
  await waitForStatus(holder, /^(Not connected|Ended)$/);
  expect(await holder.locator("body").innerText()).toMatch(/replaced/i);
  const shown = async () => (await stamps(holder)).length;
  const frozenAt = await settled(shown);
  await movingStamps(operator);
  expect(await shown()).toBe(frozenAt);

  await holder.reload();
  await waitForStatus(holder, /^Not connected$/);
  const next = await sender.event(({ event, role, url }) => event === "link" && role === "viewer" && url !== old);
  await movingStamps(await openLink(browser, String(next.url)));
});

it("kicks one viewer, and says what that does not do", async ({ browser, stateDir }) => {
  await using sender = new Sightline(["send", "--port", "0", "--state", stateDir, ...SMALL_PICTURE]);
  const link = await sender.link();
  const page = await openLink(browser, link);
  await movingStamps(page);
  // The picture leaves the element, and not before the page has faded it out.
  await page.evaluate(
    'video.addEventListener("emptied", () => (window.opacityWhenEmptied = getComputedStyle(video).opacity))',
  );
  const { id } = await sender.event(({ event, state }) => event === "viewer" && state === "connected");
  const kicked = await runToEnd(["kick", String(id), "--state", stateDir]);
  expect(kicked.code, kicked.stderr).toBe(0);
  expect(kicked.stdout).toContain("rotate");
  await waitForStatus(page, /^(Not connected|Ended)$/);
  await expect.poll(() => page.evaluate("video.srcObject")).toBeNull();
  await expect.poll(() => page.evaluate("window.opacityWhenEmptied")).toBe("0");
  await sender.event(({ event, state }) => event === "viewer" && state === "gone");
  await movingStamps(await openLink(browser, link));
  await page.evaluate("sightline.retry()");
  await movingStamps(page);
});

it("ends a session, and the sender with it", async ({ browser, stateDir }) => {
  const sender = new Sightline(["send", "--port", "0", "--state", stateDir, "--session", "lab-1", ...SMALL_PICTURE]);
  const page = await openLink(browser, await sender.link());
  await movingStamps(page);
  expect((await runToEnd(["end", "--state", stateDir])).code).toBe(0);
  await waitForStatus(page, /^Ended$/);
  expect(await sender.exited).toBe(0);
});

it("expires when it was told to", async ({ browser, stateDir }) => {
  await using edge = new Sightline(["serve", "--port", "0", "--state", stateDir]);
  const sender = new Sightline([
    "send",
    "--edge",
    await edge.edge(),
    "--state",
    stateDir,
    "--expires",
    "6s",
    ...SMALL_PICTURE,
  ]);
  const page = await openLink(browser, await sender.link());
  await movingStamps(page);
  await waitForStatus(page, /^Ended$/);
  expect(await sender.exited).toBe(0);
});

it("lists the sessions of a sender's own edge for who holds the key that it was given", async ({ stateDir }) => {
  const key = "a-key-of-the-owner";
  await using sender = new Sightline(["send", "--port", "0", "--state", stateDir, ...SMALL_PICTURE], {
    PUBLISH_KEY: key,
  });
  const url = `${new URL(await sender.link()).origin}/api/sessions`;
  const list = await fetch(url, { headers: { authorization: `Bearer ${key}` } });
  expect(await list.json()).toMatchObject({ sessions: [{ id: expect.stringMatching(/^session-/) }] });
  expect((await fetch(url, { headers: { authorization: "Bearer another" } })).status).toBe(401);
});

it("lets no more viewers in than its owner allows", async ({ browser, stateDir }) => {
  await using sender = new Sightline([
    "send",
    "--port",
    "0",
    "--state",
    stateDir,
    "--max-viewers",
    "1",
    ...SMALL_PICTURE,
  ]);
  const link = await sender.link();
  const first = await openLink(browser, link);
  await movingStamps(first);
  const second = await openLink(browser, link);
  await second
    .getByText(/as many viewers as its owner allows/)
    .first()
    .waitFor();
  await first.close();
  await movingStamps(second, 15, 45_000);
});

it("obeys stream parameters while it runs, reports them back, and chooses again when they are taken back", async ({
  browser,
  stateDir,
}) => {
  await using sender = new Sightline(["send", "--port", "0", "--state", stateDir, "--size", "640x360"]);
  const page = await openLink(browser, await sender.link());
  await movingStamps(page);
  const { status } = await patch(sender, stateDir, { width: 320, height: 180, fps: 10, bitrateBps: 300_000 });
  const width = () =>
    page.locator("video").evaluate((video) => (video as unknown as { videoWidth: number }).videoWidth);
  await expect.poll(width).toBe(320);
  const seen = await movingStamps(page, 12);
  const steps = seen.slice(1).map(({ counter }, i) => counter - (seen[i]?.counter ?? 0));
  expect(steps.filter((step) => step >= 2).length).toBeGreaterThan(steps.length / 2);
  expect((await status()).report).toMatchObject({
    parameters: { width: 320, height: 180, fps: 10, bitrateBps: 300_000, paused: false },
  });
  await patch(sender, stateDir, { width: null, height: null, fps: null, bitrateBps: null });
  await expect.poll(width).toBe(640);
});
