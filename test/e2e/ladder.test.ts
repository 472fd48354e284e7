import { expect } from "vitest";
import { Bottleneck } from "../support/bottleneck.ts";
import { Show } from "../support/show.ts";
import { movingStamps } from "../support/stamps.ts";
import { it } from "./browser-test.ts";

it("one viewer's narrow network spoils nobody else's picture, and its own goes on", async ({ browser }) => {
  await using show = new Show(2_500_000);
  const ann = await show.admit(browser);
  const bob = await show.admit(browser);
  const cem = await show.admit(browser);
  for (const { page } of [ann, bob, cem]) await movingStamps(page, 30);
  await expect.poll(() => show.camera.broadcast.rungs.length, { timeout: 20_000 }).toBe(1);
  const shared = show.camera.broadcast.rungs[0]?.id;
  const before = await Promise.all([ann.stats(), bob.stats()]);

  using _ = new Bottleneck({ ssrcs: cem.ssrcs, rateBps: 400_000, bufferMs: 300 });
  await expect.poll(() => cem.rung?.id, { timeout: 20_000 }).not.toBe(shared);
  await movingStamps(cem.page, 60, 30_000);
  expect(cem.rung?.bitrateBps).toBeLessThan(500_000);
  expect((await cem.stats()).frameWidth).toBeLessThanOrEqual(1280);

  const after = await Promise.all([ann.stats(), bob.stats()]);
  for (const [i, guest] of [ann, bob].entries()) {
    expect(guest.rung).toMatchObject({ id: shared, width: 1280, height: 720, fps: 30 });
    expect(after[i]?.frameWidth).toBe(1280);
    // It may have asked for a keyframe before it was moved.
    expect(after[i]?.keyFramesDecoded).toBeLessThanOrEqual((before[i]?.keyFramesDecoded ?? 0) + 1);
    expect(after[i]?.framesDecoded).toBeGreaterThan((before[i]?.framesDecoded ?? 0) + 60);
  }
  for (const { page } of [ann, bob]) await movingStamps(page, 15);
});
