import type { Page } from "playwright-core";
import * as v from "valibot";
import { expect } from "vitest";
import { PlaybackStats, SenderStats } from "../../src/protocol/stats.ts";
import { Browser } from "../support/browser.ts";
import { Sightline } from "../support/processes.ts";
import { SMALL_PICTURE } from "../support/small-picture.ts";
import { movingStamps } from "../support/stamps.ts";
import { openLink } from "../support/viewing.ts";
import { it } from "./browser-test.ts";

const PUBLISH_KEY = "a-key-of-the-owner";

it("the sender tells programs how it goes: events, and metrics without a word of who watches", async ({ browser }) => {
  await using sender = new Sightline(["send", "--port", "0", "--stats", "1", "--metrics", "0", ...SMALL_PICTURE]);
  const page = await openLink(browser, await sender.link());
  await movingStamps(page, 30);
  const { id } = await sender.event(({ event }) => event === "viewer");
  const stats = await sender.event(
    (event) => event.event === "stats" && v.parse(SenderStats, event).viewers.some(({ framesSent }) => framesSent > 30),
  );
  const { cameras, viewers } = v.parse(SenderStats, stats);
  expect(viewers.map((viewer) => [viewer.index, viewer.id])).toEqual([[1, id]]);
  expect(cameras[0]?.rungs[0]?.encodeMs).toBeGreaterThan(0);

  const { url } = await sender.event(({ event }) => event === "metrics");
  const metrics = await (await fetch(String(url))).text();
  expect(metrics).toMatch(/^sightline_viewers 1$/m);
  expect(metrics).toMatch(/^sightline_viewer_frames_sent_total\{viewer="1"\} [1-9]/m);
  expect(metrics).not.toContain(String(id));
  expect(metrics).not.toContain(String(await sender.link()).split("#")[1]);
});

/** Taps where a control is, once they have all faded out, and waits until they are back. */
async function tapUnseen(page: Page, box: { x: number; y: number } | null): Promise<void> {
  if (!box) throw new Error("the control is nowhere");
  await page.evaluate("document.activeElement?.blur()");
  await page.mouse.move(9, 9);
  await page.locator("body[data-idle=true]").waitFor({ state: "attached", timeout: 10_000 });
  const touch = await page.context().newCDPSession(page);
  const at = { x: box.x + 10, y: box.y + 10 };
  await touch.send("Emulation.setTouchEmulationEnabled", { enabled: true });
  await touch.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [at] });
  await touch.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  await page.locator("body[data-idle=false]").waitFor();
  await touch.send("Emulation.setTouchEmulationEnabled", { enabled: false });
}

async function pause(link: URL): Promise<void> {
  const response = await fetch(`${link.origin}/api${link.pathname.replace("/s/", "/sessions/")}`, {
    method: "PATCH",
    headers: { authorization: `Bearer ${PUBLISH_KEY}`, "content-type": "application/json" },
    body: JSON.stringify({ paused: true }),
  });
  expect(response.status).toBe(200);
}

/** The id of what a click there would meet. */
const inTheMiddleOf = (id: string) => `(() => {
  const { x, y, width, height } = document.getElementById("${id}").getBoundingClientRect();
  return document.elementFromPoint(x + width / 2, y + height / 2)?.id;
})()`;

for (const { name, ...size } of [
  { name: "a desk", width: 1280, height: 800 },
  { name: "a phone", width: 390, height: 844 },
]) {
  it(`the page's overlay on ${name}: by button and key, off at first, the picture where it was`, async () => {
    await using sender = new Sightline(["send", "--port", "0", "--size", "640x360"], { PUBLISH_KEY });
    await using browser = await Browser.open(size);
    const link = await sender.link();
    const page = await openLink(browser, link);
    const refused: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error") refused.push(message.text());
    });
    await movingStamps(page);
    const button = page.getByRole("button", { name: "Stats" });
    const overlay = page.getByRole("region", { name: "Stats" });
    await button.waitFor();
    expect(await overlay.isVisible()).toBe(false);
    expect(await button.getAttribute("aria-expanded")).toBe("false");
    const before = await page.locator("video").boundingBox();

    await button.click();
    await expect.poll(() => overlay.innerText()).toMatch(/Picture\s+640×360 \d+ fps H264/);
    await expect.poll(() => overlay.innerText()).toMatch(/Received\s+[\d.]+ [kM]bps/);
    expect(await overlay.innerText()).toMatch(/Path\s+direct\s+First picture\s+\d+ ms after the offer/);
    expect(await button.getAttribute("aria-expanded")).toBe("true");
    expect(await page.locator("video").boundingBox()).toEqual(before);
    const box = await overlay.boundingBox();
    expect(box && box.x >= 0 && box.x + box.width <= size.width && box.y + box.height < size.height).toBe(true);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(size.width);
    if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/${size.width}.png` });

    await page.keyboard.press("s");
    expect(await overlay.isVisible()).toBe(false);
    await page.keyboard.press("s");
    expect(await overlay.isVisible()).toBe(true);
    await page.keyboard.press("Escape");
    expect(await overlay.isVisible()).toBe(false);

    await page.locator("#figures li").first().waitFor({ state: "attached" });
    await page.evaluate("document.querySelector('#figures li').dataset.known = ''");
    await tapUnseen(page, await button.boundingBox());
    expect(await overlay.isVisible()).toBe(false);
    await button.click();
    expect(await overlay.isVisible()).toBe(true);
    expect(await page.locator("#figures li[data-known]").count()).toBe(1);
    expect(refused).toEqual([]);
    const stats = await page.evaluate("sightline.stats()");
    expect(v.parse(PlaybackStats, stats)).toMatchObject({ codec: "H264", path: "direct", freezes: expect.any(Number) });

    await page.setViewportSize({ width: 640, height: 320 });
    const [low, bar] = await Promise.all([overlay.boundingBox(), page.locator("#figures").boundingBox()]);
    expect(low && bar && low.y + low.height < bar.y).toBe(true);
    await pause(new URL(link));
    await page.locator("body[data-tone=paused]").waitFor({ state: "attached" });
    expect(await page.evaluate(inTheMiddleOf("detail"))).toBe("detail");

    await page.setViewportSize(size);
    await expect.poll(() => overlay.isVisible()).toBe(true);
    await page.evaluate("location.hash = 'damaged'");
    await expect.poll(() => overlay.isVisible()).toBe(false);
  });
}
