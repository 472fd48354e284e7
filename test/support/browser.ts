import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";

/** Of every Chromium here. */
export const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--autoplay-policy=no-user-gesture-required",
];

/** What Chromium does besides, by itself. */
export const DISABLED_FEATURES = [
  "HttpsUpgrades",
  "HttpsFirstBalancedModeAutoEnable",
  "OptimizationHints",
  "NetworkTimeServiceQuerying",
  "PreconnectToSearch",
  "AimEnabled",
  // Pages of the browser's own, loaded at each start for an address bar that nobody sees: a second of a processor.
  "WebUIOmniboxPopup",
  "WebUIOmniboxAimPopup",
];

/** The flag takes the place of Playwright's own, of which this matters to it. */
const PLAYWRIGHTS = "PaintHolding";

/** For what asks nothing of a page's looks: to draw it costs a fifth of a large one. */
export const SMALL_WINDOW = { width: 480, height: 300 };

export interface BrowserOptions {
  width?: number;
  height?: number;
  flags?: string[];
  /** Of Chromium, beside those that no test and no bench has. */
  disabledFeatures?: string[];
  /** Off when false. */
  javaScript?: boolean;
  /** An X display to be shown on; headless without one. */
  display?: string;
  /** What to run in Chromium's place: something that becomes Chromium in the end. */
  executable?: string;
}

/** Debian's Chromium with a fresh profile. */
export class Browser implements AsyncDisposable {
  readonly context: BrowserContext;
  readonly profile: string;

  private constructor(context: BrowserContext, profile: string) {
    this.context = context;
    this.profile = profile;
  }

  static async open(options: BrowserOptions = {}): Promise<Browser> {
    const features = [...DISABLED_FEATURES, PLAYWRIGHTS, ...(options.disabledFeatures ?? [])];
    await using opening = new AsyncDisposableStack();
    const profile = await mkdtemp(join(tmpdir(), "sightline-chromium-"));
    opening.defer(() => rm(profile, { recursive: true, force: true, maxRetries: 3 }));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: options.executable ?? "/usr/bin/chromium",
      headless: !options.display,
      javaScriptEnabled: options.javaScript ?? true,
      ...(options.display ? { env: { ...process.env, DISPLAY: options.display } } : {}),
      args: [...FLAGS, `--disable-features=${features.join(",")}`, ...(options.flags ?? [])],
      viewport: options.display ? null : { width: options.width ?? 1280, height: options.height ?? 800 },
    });
    opening.move();
    return new Browser(context, profile);
  }

  async page(): Promise<Page> {
    return this.context.newPage();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close();
    await rm(this.profile, { recursive: true, force: true, maxRetries: 3 });
  }
}
