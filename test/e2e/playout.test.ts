import { expect } from "vitest";
import { type Guest, Show } from "../support/show.ts";
import { Stalls } from "../support/stalls.ts";
import { movingStamps } from "../support/stamps.ts";
import { it } from "./browser-test.ts";

const PATIENT = { timeout: 30_000, interval: 250 };

it("a network that stalls is given a playout delay, which Chromium follows, and gives it back", async ({ browser }) => {
  await using show = new Show(1_000_000);
  const ann = await show.admit(browser);
  const bob = await show.admit(browser);
  for (const { page } of [ann, bob]) await movingStamps(page, 30);
  await expect.poll(() => ann.connection.report.decision.playoutMs, PATIENT).toBe(0);
  {
    using _ = new Stalls({ ssrcs: ann.ssrcs, everyMs: 2_000, lastingMs: 300 });
    await expect.poll(() => ann.connection.report.decision.playoutMs, PATIENT).toBeGreaterThanOrEqual(200);
    await expect.poll(() => bufferMs(ann), PATIENT).toBeGreaterThan(150);
  }
  // Its neighbour's network is another; a machine with too much to do may stall a little, too.
  expect(bob.connection.report.decision.playoutMs).toBeLessThan(ann.connection.report.decision.playoutMs);
  await expect.poll(() => ann.connection.report.decision.playoutMs, { ...PATIENT, timeout: 50_000 }).toBe(0);
  await expect.poll(() => bufferMs(ann), PATIENT).toBeLessThan(100);
  await movingStamps(ann.page, 15);
}, 120_000);

/** How long frames wait in Chromium's jitter buffer, over a second. */
async function bufferMs(guest: Guest): Promise<number> {
  const before = await guest.stats();
  await guest.page.waitForTimeout(1_000);
  const after = await guest.stats();
  const frames = after.jitterBufferEmittedCount - before.jitterBufferEmittedCount;
  return frames > 0 ? (1_000 * (after.jitterBufferDelay - before.jitterBufferDelay)) / frames : 0;
}
