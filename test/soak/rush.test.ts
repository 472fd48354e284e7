import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Browser } from "../support/browser.ts";
import { rush } from "../support/rush.ts";

const MINUTE_MS = 60_000;

it("two hundred joins and leaves in a minute cost a page no picture, and leave nothing behind", {
  timeout: 5 * MINUTE_MS,
}, async () => {
  const stateDir = mkdtempSync(join(tmpdir(), "sightline-soak-"));
  try {
    await using browser = await Browser.open();
    const { tookMs } = await rush(browser, stateDir, {
      count: 200,
      pauseMs: MINUTE_MS,
      warmVanishing: 0.5,
    });
    console.log(`200 viewers came and went in ${Math.round(tookMs / 1_000)} s`);
    expect(tookMs).toBeLessThan(MINUTE_MS);
  } finally {
    rmSync(stateDir, { recursive: true, force: true });
  }
});
