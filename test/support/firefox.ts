import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import puppeteer, { type Browser, type Page } from "puppeteer-core";
import { type SeenStamp, stampScript } from "./stamps.ts";

const GMP = "gmp-gmpopenh264/2.6.0";
/** Makes Firefox believe that it has its H.264 plug-in, which it would fetch; it decodes with Debian's libavcodec. */
const GMP_INFO = [
  "Name: gmpopenh264",
  "Description: H.264 through the system's decoder",
  "Version: 2.6.0",
  "APIs: encode-video[h264], decode-video[h264]",
  "",
].join("\n");

const PREFERENCES = {
  "media.autoplay.default": 0,
  // Nothing of a test leaves this machine.
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "app.normandy.enabled": false,
  "browser.safebrowsing.update.enabled": false,
  "services.settings.server": "http://127.0.0.1:9",
  "media.gmp-manager.updateEnabled": false,
  "media.peerconnection.ice.loopback": true,
  "media.peerconnection.ice.obfuscate_host_addresses": false,
};

/** Debian's Firefox ESR with a fresh profile, driven over WebDriver BiDi. */
export class Firefox implements AsyncDisposable {
  readonly #browser: Browser;
  readonly #folder: string;

  private constructor(browser: Browser, folder: string) {
    this.#browser = browser;
    this.#folder = folder;
  }

  static async open(preferences: Record<string, unknown> = {}): Promise<Firefox> {
    const folder = await mkdtemp(join(tmpdir(), "sightline-firefox-"));
    await mkdir(join(folder, GMP), { recursive: true });
    await writeFile(join(folder, GMP, "gmpopenh264.info"), GMP_INFO);
    await writeFile(join(folder, GMP, "libgmpopenh264.so"), "");
    const browser = await puppeteer.launch({
      browser: "firefox",
      executablePath: "/usr/bin/firefox-esr",
      headless: true,
      extraPrefsFirefox: { ...PREFERENCES, ...preferences },
      env: { ...process.env, HOME: folder, MOZ_GMP_PATH: join(folder, GMP) },
    });
    return new Firefox(browser, folder);
  }

  /** Opens a session link as a person does, with every shown frame's stamp read. */
  async openLink(link: string): Promise<Page> {
    const page = await this.#browser.newPage();
    await page.evaluateOnNewDocument(stampScript);
    await page.goto(link);
    return page;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** What the page says, and how far its video element got. */
const ACCOUNT = `(() => {
  const { currentTime, readyState, paused } = document.querySelector("video");
  const status = document.querySelector("[role=status]").innerText;
  return JSON.stringify({ status, currentTime, readyState, paused, blank: globalThis.sightlineStamps?.blank });
})()`;

/**
 * Waits until the page shows `count` more frames whose stamps move on.
 * @returns those frames
 */
export async function movingStampsIn(page: Page, count = 15, timeoutMs = 30_000): Promise<SeenStamp[]> {
  const read = () => page.evaluate(() => globalThis.sightlineStamps?.seen ?? []);
  const before = (await read()).length;
  for (const deadline = performance.now() + timeoutMs; ; ) {
    const seen = (await read()).slice(before);
    if (seen.length >= count) {
      const counters = new Set(seen.map(({ counter }) => counter));
      if (counters.size < count * 0.5) throw new Error("the picture stands still");
      return seen;
    }
    if (performance.now() > deadline) {
      throw new Error(`Firefox showed ${seen.length} frames of ${count}: ${await page.evaluate(ACCOUNT)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
