import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "vitest";
import { Browser } from "../support/browser.ts";

interface Fixtures {
  /** One Chromium for the file's tests; their pages are closed after each. */
  browser: Browser;
  /** A fresh state folder. */
  stateDir: string;
}

export const it = test.extend<Fixtures & { shared: Browser }>({
  shared: [
    // biome-ignore lint/correctness/noEmptyPattern: the test runner reads the parameter's pattern
    async ({}, use) => {
      await using browser = await Browser.open();
      await use(browser);
    },
    { scope: "file" },
  ],
  browser: async ({ shared }, use) => {
    await use(shared);
    for (const page of shared.context.pages().slice(1)) await page.close();
  },
  // biome-ignore lint/correctness/noEmptyPattern: the test runner reads the parameter's pattern
  stateDir: async ({}, use) => {
    const dir = await mkdtemp(join(tmpdir(), "sightline-state-"));
    await use(dir);
    await rm(dir, { recursive: true, force: true });
  },
});
