import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--autoplay-policy=no-user-gesture-required",
];

/** Debian's Chromium with a fresh profile. */
export class Browser implements AsyncDisposable {
  readonly context: BrowserContext;
  readonly #profile: string;

  private constructor(context: BrowserContext, profile: string) {
    this.context = context;
    this.#profile = profile;
  }

  /** @param options `executable` starts Chromium in a way of its own */
  static async open(
    options: { width?: number; height?: number; flags?: string[]; executable?: string } = {},
  ): Promise<Browser> {
    const profile = await mkdtemp(join(tmpdir(), "sightline-chromium-"));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: options.executable ?? "/usr/bin/chromium",
      headless: true,
      args: [...FLAGS, ...(options.flags ?? [])],
      viewport: { width: options.width ?? 1280, height: options.height ?? 800 },
    });
    return new Browser(context, profile);
  }

  async page(): Promise<Page> {
    return this.context.newPage();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close();
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 3 });
  }
}
