import { expect } from "vitest";
import { Sightline } from "../support/processes.ts";
import { SMALL_PICTURE } from "../support/small-picture.ts";
import { movingStamps, watchStamps } from "../support/stamps.ts";
import { it } from "./browser-test.ts";

const NO_FIRST_OFFER = `{
  const { createOffer } = RTCPeerConnection.prototype;
  let offers = 0;
  RTCPeerConnection.prototype.createOffer = function () {
    return offers++ === 0 ? new Promise(() => {}) : createOffer.call(this);
  };
}`;

it("is shown and watched over though the browser never makes its first offer", async ({ browser, smallCamera }) => {
  const page = await browser.page();
  await page.addInitScript(NO_FIRST_OFFER);
  await watchStamps(page);
  await page.goto(await smallCamera.link());
  await page.locator("[role=status]").first().waitFor({ state: "visible" });
  await movingStamps(page, 8, 40_000);
});

it("shows the picture in a browser that lacks what is new", async ({ browser, smallCamera }) => {
  const page = await browser.page();
  await page.addInitScript("delete URL.canParse; delete AbortSignal.timeout; delete Promise.withResolvers;");
  await page.goto(await smallCamera.link());
  await page.locator("[role=status]").first().getByText("Live").waitFor();
});

it("says so where its script cannot go on", async ({ browser, smallCamera }) => {
  const page = await browser.page();
  await page.addInitScript("crypto.getRandomValues = () => { throw new Error('refused'); }");
  await page.goto(await smallCamera.link());
  await page.getByText("does not work in this browser").waitFor();
  await expect.poll(() => page.locator("[role=status]").first().textContent()).toBe("Not connected");
});

it("plays on where the browser paused the picture", async ({ browser, smallCamera }) => {
  const page = await browser.page();
  await watchStamps(page);
  await page.goto(await smallCamera.link());
  await page.locator("[role=status]").first().getByText("Live").waitFor();
  await page.evaluate("document.querySelector('video').pause()");
  await movingStamps(page);
});

const PLAY_ONCE_CLICKED = `{
  const { play } = HTMLMediaElement.prototype;
  HTMLMediaElement.prototype.play = async function () {
    if (document.activeElement?.id !== "play") throw new DOMException("refused", "NotAllowedError");
    return play.call(this);
  };
}`;

const NO_PLAY = `HTMLMediaElement.prototype.play = async () => { throw new DOMException("refused", "NotAllowedError"); };`;

it("asks for a click where the browser does not play without, and never over the words", async ({ browser }) => {
  await using sender = new Sightline(["send", "--port", "0", ...SMALL_PICTURE]);
  const page = await browser.page();
  await page.setViewportSize({ width: 390, height: 844 });
  await page.addInitScript(NO_PLAY);
  await page.goto(await sender.link());
  const [button, words] = [page.locator("#play"), page.locator("#detail")];
  await page.locator("[role=status]").first().getByText("Live").waitFor();
  await button.waitFor();
  await sender.stop("SIGKILL");
  await page.locator("body[data-notice=true]").waitFor({ state: "attached", timeout: 20_000 });
  const [over, under] = await Promise.all([button.boundingBox(), words.boundingBox()]);
  expect(over === null || (under !== null && over.y > under.y + under.height)).toBe(true);
});

/** `breakDecoder()` spoils every frame that comes from then on for the decoders of the connections there are. */
const BREAKING = `{
  const flows = new Set();
  const flag = { encodedInsertableStreams: true };
  window.breakDecoder = () => flows.forEach((flow) => (flow.broken = true));
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration) {
      super({ ...configuration, ...flag });
      this.addEventListener("track", ({ receiver }) => {
        const flow = { broken: false };
        flows.add(flow);
        const { readable, writable } = receiver.createEncodedStreams();
        const spoil = (frame, out) => {
          if (flow.broken) frame.data = new ArrayBuffer(frame.data.byteLength);
          out.enqueue(frame);
        };
        readable.pipeThrough(new TransformStream({ transform: spoil })).pipeTo(writable);
      });
    }
    setConfiguration(configuration) {
      super.setConfiguration({ ...configuration, ...flag });
    }
  };
}`;

it("says that the picture stands where nothing can be decoded, and shows another connection's", async ({
  browser,
  smallCamera,
}) => {
  const page = await browser.page();
  await page.addInitScript(BREAKING);
  await watchStamps(page);
  await page.goto(await smallCamera.link());
  const status = page.locator("[role=status]").first();
  await movingStamps(page);
  await status.getByText("Live").waitFor();
  await page.evaluate("window.breakDecoder()");
  await status.getByText("Reconnecting").waitFor();
  await movingStamps(page, 8, 20_000);
  await status.getByText("Live").waitFor();
});

it("keeps the place of who tries again by keyboard", async ({ browser, smallCamera }) => {
  const page = await browser.page();
  await page.goto((await smallCamera.link()).replace(/#.*/, "#AAAAAAAAAAAAAAAAAAAAAA"));
  await page.locator("#retry").waitFor();
  await page.locator("#retry").focus();
  await page.keyboard.press("Enter");
  await expect.poll(() => page.evaluate("document.activeElement?.id")).toBe("title");
});

it("keeps the place of who tries again by keyboard when the picture comes, and when it is to be played", async ({
  browser,
  smallCamera,
}) => {
  const page = await browser.page();
  const focused = () => page.evaluate("document.activeElement?.id");
  await page.addInitScript(PLAY_ONCE_CLICKED);
  const link = await smallCamera.link();
  await page.goto(link.replace(/#.*/, "#AAAAAAAAAAAAAAAAAAAAAA"));
  // What is not on show takes no focus, and nothing says so.
  await page.locator("#retry").waitFor();
  await page.locator("#retry").focus();
  await page.evaluate(`location.hash = ${JSON.stringify(new URL(link).hash)}`);
  await page.locator("[role=status]").first().getByText("Live").waitFor();
  // The words go in a transition, and with them the place of who stood there.
  await page.locator(".notice").waitFor({ state: "hidden" });
  expect(await focused()).toBe("video");
  await page.locator("#play").focus();
  await page.keyboard.press("Enter");
  await page.locator("#play").waitFor({ state: "hidden" });
  expect(await focused()).toBe("video");
});

const COUNTING = `{
  const open = new Set();
  window.openConnections = () => [...open].filter(({ signalingState }) => signalingState !== "closed").length;
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...given) {
      super(...given);
      open.add(this);
    }
  };
}`;

const refusing = (method: string) =>
  `crypto.subtle.${method} = () => new Promise((_, reject) => setTimeout(() => reject(new Error("refused")), 30));`;

/** What the script inside the page hands over is altered on the way, as one of another version would differ. */
const OF_ANOTHER_VERSION = `{
  let held;
  const alter = (ahead) => ahead && { version: "another", close: () => ahead.close() };
  Object.defineProperty(window, "sightlineAhead", { get: () => held, set: (ahead) => (held = alter(ahead)) });
}`;

it.for([
  ["deriveBits", "derives no keys"],
  ["sign", "makes no proof"],
] as const)(
  "closes the first connection, and makes another, where the browser refuses to %s, and so %s",
  async ([method], { browser, smallCamera }) => {
    const page = await browser.page();
    await page.addInitScript(`${COUNTING}${refusing(method)}`);
    let mayLoad = () => {};
    const held = new Promise<void>((resolve) => {
      mayLoad = resolve;
    });
    await page.route("**/page.js*", async (route) => {
      await held;
      await route.continue();
    });
    await watchStamps(page);
    await page.goto(await smallCamera.link());
    await expect.poll(() => page.evaluate("openConnections()")).toBe(0);
    mayLoad();
    await movingStamps(page);
    expect(await page.evaluate("openConnections()")).toBe(1);
  },
);

it("closes the first connection, and makes another, when the script inside the page is of another version", async ({
  browser,
  smallCamera,
}) => {
  const page = await browser.page();
  await page.addInitScript(`${COUNTING}${OF_ANOTHER_VERSION}`);
  await watchStamps(page);
  await page.goto(await smallCamera.link());
  await movingStamps(page);
  expect(await page.evaluate("openConnections()")).toBe(1);
});

it("goes on though its script cannot be had at first", async ({ browser, smallCamera }) => {
  const before = smallCamera.connections;
  const page = await browser.page();
  const asked: string[] = [];
  await page.route("**/page.js*", async (route) => {
    asked.push(route.request().url());
    if (asked.length > 3) await route.continue();
    else await route.fulfill({ status: 503, body: "" });
  });
  await watchStamps(page);
  await page.goto(await smallCamera.link());
  await page.locator("[role=status]").first().getByText("Live").waitFor();
  expect(asked.length).toBeGreaterThan(3);
  await movingStamps(page);
  expect(smallCamera.connections - before).toBe(1);
});

it.for([["stats-overlay.js"], ["stats-overlay.css"]])(
  "has its stats though %s cannot be had at first",
  { timeout: 90_000 },
  async ([file], { browser, smallCamera }) => {
    const page = await browser.page();
    const asked: string[] = [];
    await page.route(`**/${file}*`, async (route) => {
      asked.push(route.request().url());
      if (asked.length > 2) await route.continue();
      else await route.fulfill({ status: 503, body: "" });
    });
    await page.goto(await smallCamera.link());
    const button = page.locator("#stats-button");
    // The second retry comes 25 s after the picture.
    await button.click({ timeout: 50_000 });
    await page.locator("#stats dd").first().waitFor();
    expect(asked.length).toBe(3);
    expect(await button.count()).toBe(1);
    expect(await page.evaluate("getComputedStyle(document.querySelector('#stats')).position")).toBe("fixed");
  },
);
