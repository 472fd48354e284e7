import type { Page, Request } from "playwright-core";
import { expect } from "vitest";
import { movingStamps, watchStamps } from "../support/stamps.ts";
import { it } from "./browser-test.ts";

const isOffer = (request: Request) => request.method() === "POST" && request.url().endsWith("/offer");

/** Opens the link, and keeps what offers were posted. */
async function open(page: Page, link: string): Promise<Request[]> {
  const offers: Request[] = [];
  page.on("request", (request) => void (isOffer(request) && offers.push(request)));
  await watchStamps(page);
  await page.goto(link);
  return offers;
}

it("offers with the page's own first bytes, before its script is there", async ({ browser, smallCamera }) => {
  const before = smallCamera.connections;
  const page = await browser.page();
  const answered = page.waitForResponse((response) => isOffer(response.request()));
  await page.route("**/page.js*", async (route) => {
    await answered;
    await route.continue();
  });
  const offers = await open(page, await smallCamera.link());
  await movingStamps(page);
  expect((await answered).status()).toBe(200);
  expect(offers).toHaveLength(1);
  expect(smallCamera.connections - before).toBe(1);
});

it.for([
  ["parameters that a chat added", "?from=chat#"],
  ["a slash at its path's end", "/#"],
] as const)("goes on with that connection where the link has %s", async ([, end], { browser, smallCamera }) => {
  const before = smallCamera.connections;
  const page = await browser.page();
  const offers = await open(page, (await smallCamera.link()).replace("#", end));
  await page.locator("[role=status]").first().getByText("Live").waitFor();
  await movingStamps(page);
  expect(offers).toHaveLength(1);
  expect(smallCamera.connections - before).toBe(1);
});

it("opens the socket once, before its script is there", async ({ browser, smallCamera }) => {
  const page = await browser.page();
  const sockets: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  page.on("websocket", (socket) => {
    sockets.push(socket.url());
    resolve();
  });
  await page.route("**/page.js*", async (route) => {
    await promise;
    await route.continue();
  });
  await open(page, await smallCamera.link());
  await movingStamps(page);
  expect(sockets).toHaveLength(1);
});

it("says in words that it connects when no picture comes at once, though its script never does", async ({
  browser,
  smallCamera,
}) => {
  const page = await browser.page();
  await page.route("**/page.js*", (route) => route.abort());
  await page.route("**/offer", (route) => route.abort());
  await page.goto(await smallCamera.link());
  await page.locator("#title").waitFor({ state: "visible" });
  expect(await page.locator("html").getAttribute("data-opening")).toBeNull();
});

/**
 * In a page: nothing is too late, however busy the machine is, and `seen` is what was on show: `alone` is the picture's
 * place and nothing else, as soon as anything is, and `ground` what is behind it.
 */
const WATCH_SHEET = `{
  const arm = setTimeout;
  window.setTimeout = (run, ms) => arm(run, ms === 250 || ms === 1000 ? 3_600_000 : ms);
  window.seen = {};
  const look = () => {
    const video = document.querySelector("video");
    if (!video || document.documentElement.hidden) return;
    const { width, height } = video.getBoundingClientRect();
    const others = document.querySelectorAll("body > :not(main), main > :not(video)");
    seen.alone ??= width === innerWidth && height === innerHeight && [...others].every((other) => !other.checkVisibility());
    seen.ground ??= getComputedStyle(document.body).backgroundColor;
    if (document.querySelector("head style"))
      seen.framesBeforeSheet ??= video.getVideoPlaybackQuality().totalVideoFrames;
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributeFilter: ["hidden"] });
}`;

it("paints the picture's place first, and reads its style sheet when the picture is there", async ({
  browser,
  smallCamera,
}) => {
  const page = await browser.page();
  await page.addInitScript(WATCH_SHEET);
  await open(page, await smallCamera.link());
  await movingStamps(page);
  expect(await page.evaluate("seen.alone")).toBe(true);
  expect(await page.evaluate("seen.framesBeforeSheet")).toBeGreaterThan(0);
  // The style sheet's own, or there would be a flash.
  expect(await page.evaluate("seen.ground")).toBe(
    await page.evaluate("getComputedStyle(document.body).backgroundColor"),
  );
});

/** `said` is what the status says in the instant in which it is put on show. */
const NOTING = `{
  window.said = [];
  const note = () => {
    if (!("opening" in document.documentElement.dataset)) said.push(document.getElementById("status")?.textContent);
  };
  new MutationObserver(note).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-opening"] });
}`;

it("tells screen readers that it is live in a part of the page that they know by then", async ({
  browser,
  smallCamera,
}) => {
  const page = await browser.page();
  await page.addInitScript(NOTING);
  await page.goto(await smallCamera.link());
  await page.locator("[role=status]").first().getByText("Live").waitFor();
  expect(await page.evaluate("said")).toEqual(["Connecting"]);
});

declare global {
  /** Of the words that come before a late picture: how many timers for them run. */
  var wordsDue: number | undefined;
}

/** In a page: such words never come, however busy the machine is, and the test is told when they are called off. */
function holdWords(): void {
  const { setTimeout: arm, clearTimeout: disarm } = globalThis;
  const held = new Set<unknown>();
  const patient = (run: () => void, ms?: number) => {
    if (ms !== 400) return arm(run, ms);
    const timer = arm(run, 3_600_000);
    globalThis.wordsDue = held.add(timer).size;
    return timer;
  };
  globalThis.setTimeout = patient as typeof setTimeout;
  globalThis.clearTimeout = (timer) => {
    disarm(timer);
    if (held.delete(timer)) globalThis.wordsDue = held.size;
  };
}

/** The picture is there, and the words for its being late were called off. */
async function openWithoutWords(page: Page, link: string): Promise<void> {
  await page.addInitScript(holdWords);
  await open(page, link);
  await expect.poll(() => page.evaluate(() => globalThis.wordsDue)).toBe(0);
}

it("leaves the picture on show though its script never comes, which would have words for it", async ({
  browser,
  smallCamera,
}) => {
  const page = await browser.page();
  await page.route("**/page.js*", (route) => route.abort());
  await openWithoutWords(page, await smallCamera.link());
  await expect.poll(() => page.evaluate("document.querySelector('video')?.currentTime ?? 0")).toBeGreaterThan(0);
  // Past the first look at whether it stands.
  await page.waitForTimeout(3_500);
  expect(await page.locator("html").getAttribute("data-opening")).toBe("true");
  expect(await page.evaluate("getComputedStyle(document.querySelector('video')).opacity")).toBe("1");
});

it("has words in place of a picture that stands, though its script never comes", async ({ browser, smallCamera }) => {
  const page = await browser.page();
  await page.route("**/page.js*", (route) => route.abort());
  await openWithoutWords(page, await smallCamera.link());
  const frames = () =>
    page.evaluate("document.querySelector('video')?.getVideoPlaybackQuality().totalVideoFrames ?? 0");
  await expect.poll(frames).toBeGreaterThan(0);
  expect(await page.locator("html").getAttribute("data-opening")).toBe("true");
  await page.evaluate("window.sightlineAhead.opening.connection.close()");
  await page.locator("#title").waitFor({ state: "visible" });
  await expect.poll(() => page.evaluate("getComputedStyle(document.querySelector('video')).opacity")).toBe("0");
});

it("shows the picture though the socket never opens", async ({ browser, smallCamera }) => {
  const page = await browser.page();
  // Taken by the test, which says nothing.
  await page.routeWebSocket(/\/signal$/, () => {});
  await open(page, await smallCamera.link());
  await movingStamps(page);
});

for (const [what, refuse] of [
  ["is lost each time", (page: Page) => page.route("**/offer", (route) => route.abort())],
  [
    "is not known to the edge",
    (page: Page) =>
      page.route("**/offer", (route) =>
        route.fulfill({ status: 404, json: { error: { code: "not-found", message: "There is nothing here." } } }),
      ),
  ],
] as const) {
  it(`shows the picture though the offer by HTTP ${what}`, async ({ browser, smallCamera }) => {
    const page = await browser.page();
    await refuse(page);
    await open(page, await smallCamera.link());
    await movingStamps(page);
  });
}

it("repeats an offer whose answer was lost, and connects once", async ({ browser, smallCamera }) => {
  const before = smallCamera.connections;
  const page = await browser.page();
  let lost = 0;
  await page.route("**/offer", async (route) => {
    if (lost++ > 0) return route.continue();
    await route.fetch();
    await route.abort();
  });
  const offers = await open(page, await smallCamera.link());
  await movingStamps(page);
  const [{ standby, ...offer }, ...repeated] = offers.map((request) => JSON.parse(request.postData() ?? "{}"));
  expect(standby).toBe(true);
  expect(repeated).toEqual([offer]);
  expect(smallCamera.connections - before).toBe(1);
});

it("tells each stage of the first picture at both ends, in their order", async ({ browser, smallCamera }) => {
  const known = [...smallCamera.events];
  const page = await browser.page();
  await open(page, await smallCamera.link());
  await movingStamps(page);
  const timings: Record<string, number> = await page.evaluate(
    async () => (await Reflect.get(globalThis, "sightline").stats()).timings,
  );
  for (const stages of [
    ["start", "offerSent", "answer"],
    // The answer may come behind what the sender had ready.
    ["offerSent", timings.standby === undefined ? "answer" : "standby", "iceConnected", "dtlsConnected", "firstFrame"],
    // Of the browser's own threads, which may be ahead of the page's.
    ["offerSent", "keyframe", "decoded", "firstFrame"],
  ]) {
    const here = stages.map((stage) => timings[stage] ?? Number.NaN);
    expect(here, JSON.stringify(timings)).toEqual(here.toSorted((a, b) => a - b));
  }
  const { timings: told } = await smallCamera.event((event) => event.event === "picture" && !known.includes(event));
  const { offerReceivedAtMs, ...since } = told as Record<string, number>;
  expect(Math.abs(Date.now() - (offerReceivedAtMs ?? 0))).toBeLessThan(60_000);
  expect(Object.keys(since)).toEqual(["answerSentMs", "iceConnectedMs", "dtlsConnectedMs", "keyframeSentMs"]);
  expect(since.keyframeSentMs).toBeGreaterThanOrEqual(since.dtlsConnectedMs ?? Number.NaN);
});
