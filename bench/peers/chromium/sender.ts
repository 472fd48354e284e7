import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import type { Page } from "playwright-core";
import { Browser, type BrowserOptions } from "../../../test/support/browser.ts";
import type { SendingPeer } from "../peer.ts";
import type { Stream } from "../stream.ts";

const FIELD_TRIAL = "--force-fieldtrials=WebRTC-ForceSendPlayoutDelay/min_ms:0,max_ms:0/";
/** Answered by the bench itself: VideoFrame wants a secure context, and no server is needed to have one. */
const SECURE_PAGE = "https://sender.bench/";

/** With noise over the pattern, so that more bits are always of use. */
export interface ChromiumStream extends Stream {
  busy?: boolean;
  /** The noise begins so long after the first answer. */
  plainUntilMs?: number;
}

let bundle: string | undefined;

/** Chromium as the sender: libwebrtc with its own encoder and congestion control. */
export class ChromiumSender implements SendingPeer {
  readonly #browser: Browser;
  readonly #page: Page;

  private constructor(browser: Browser, page: Page) {
    this.#browser = browser;
    this.#page = page;
  }

  static async open(
    stream: ChromiumStream,
    zeroPlayout: boolean,
    options: BrowserOptions = {},
  ): Promise<ChromiumSender> {
    const flags = [...(options.flags ?? []), ...(zeroPlayout ? [FIELD_TRIAL] : [])];
    await using opening = new AsyncDisposableStack();
    const browser = opening.use(await Browser.open({ ...options, disabledFeatures: SHOW_ADDRESSES, flags }));
    const page = await browser.page();
    await page.route(`${SECURE_PAGE}**`, (route) =>
      route.fulfill({ contentType: "text/html", body: "<!doctype html>" }),
    );
    await page.goto(SECURE_PAGE);
    await page.addScriptTag({ content: senderScript() });
    await page.evaluate(`openSender(${JSON.stringify(stream)})`);
    opening.move();
    return new ChromiumSender(browser, page);
  }

  async answer(offerSdp: string): Promise<string> {
    return String(await this.#page.evaluate(`answer(${JSON.stringify(offerSdp)})`));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#browser[Symbol.asyncDispose]();
  }
}

/** Chromium hides its addresses behind mDNS names, which not every peer can look up. */
export const SHOW_ADDRESSES = ["WebRtcHideLocalIpsWithMdns"];

function senderScript(): string {
  bundle ??= buildSync({
    entryPoints: [fileURLToPath(new URL("./sender-page.js", import.meta.url))],
    bundle: true,
    format: "iife",
    write: false,
  }).outputFiles[0]?.text;
  return bundle ?? "";
}
