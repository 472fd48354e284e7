import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "vitest";
import { Browser, SMALL_WINDOW } from "../support/browser.ts";
import { Sightline } from "../support/processes.ts";
import { SMALL_PICTURE } from "../support/small-picture.ts";

interface Fixtures {
  /** One Chromium for the file's tests; their pages are closed after each. */
  browser: Browser;
  /** One camera for the file's tests that change nothing of it, with an edge of its own. */
  camera: Sightline;
  /** The same, for those who only ask that a picture moves. */
  smallCamera: Sightline;
  /** A fresh state folder. */
  stateDir: string;
}

export const it = test.extend<Fixtures & { shared: Browser }>({
  shared: [
    // biome-ignore lint/correctness/noEmptyPattern: the test runner reads the parameter's pattern
    async ({}, use) => {
      await using browser = await Browser.open(SMALL_WINDOW);
      await use(browser);
    },
    { scope: "file" },
  ],
  browser: async ({ shared }, use) => {
    await use(shared);
    for (const page of shared.context.pages().slice(1)) await page.close();
  },
  camera: [
    // biome-ignore lint/correctness/noEmptyPattern: the test runner reads the parameter's pattern
    async ({}, use) => {
      await using camera = new Sightline(["send", "--port", "0"]);
      await camera.link();
      await use(camera);
    },
    { scope: "file" },
  ],
  smallCamera: [
    // biome-ignore lint/correctness/noEmptyPattern: the test runner reads the parameter's pattern
    async ({}, use) => {
      await using camera = new Sightline(["send", "--port", "0", ...SMALL_PICTURE]);
      await camera.link();
      await use(camera);
    },
    { scope: "file" },
  ],
  // biome-ignore lint/correctness/noEmptyPattern: the test runner reads the parameter's pattern
  stateDir: async ({}, use) => {
    const dir = await mkdtemp(join(tmpdir(), "sightline-state-"));
    await use(dir);
    await rm(dir, { recursive: true, force: true });
  },
});
