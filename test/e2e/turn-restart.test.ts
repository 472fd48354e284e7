import { expect } from "vitest";
import { Coturn } from "../support/coturn.ts";
import { Inside } from "../support/inside.ts";
import { Sightline } from "../support/processes.ts";
import { settled } from "../support/settled.ts";
import { SMALL_PICTURE } from "../support/small-picture.ts";
import { movingStamps } from "../support/stamps.ts";
import { openLink } from "../support/viewing.ts";
import { it } from "./browser-test.ts";

const AWAY_MS = 2_000;
/** An allocation for the sender, and one for the page. */
const ONE_EACH = 2;

it("a TURN server that is killed and started again shows the same viewer the picture again", async ({
  browser,
  stateDir,
}) => {
  await using turn = await Coturn.open();
  const inside = new Inside(stateDir);
  await using sender = new Sightline(["send", "--port", "0", "--relay-only", "--state", stateDir, ...SMALL_PICTURE], {
    ...inside.env,
    TURN_URLS: turn.url,
    TURN_SHARED_SECRET: Coturn.secret,
  });
  const page = await openLink(browser, await sender.link());
  let loads = 0;
  page.on("load", () => void loads++);
  await movingStamps(page, 30);
  const sockets = async () => (await inside.held()).resources.UDPWrap ?? 0;
  const allocations = async () => (await turn.allocations()).length;
  const socketsBefore = await settled(sockets);
  await expect.poll(allocations).toBeGreaterThan(0);

  await turn.kill();
  await page.waitForTimeout(AWAY_MS);
  await turn.start();
  await movingStamps(page, 30);
  expect(loads).toBe(0);
  const viewers = sender.events.filter(({ event }) => event === "viewer");
  expect(new Set(viewers.map(({ id }) => id)).size).toBe(1);
  expect(viewers.map(({ state }) => state)).not.toContain("gone");
  // What the connection before held, and attempts in vain, is given back.
  await expect.poll(sockets, { timeout: 20_000 }).toBe(socketsBefore);
  await expect.poll(allocations, { timeout: 20_000 }).toBeLessThanOrEqual(ONE_EACH);
  await page.close();
  await expect.poll(sockets, { timeout: 20_000 }).toBe(0);
  await expect.poll(allocations, { timeout: 20_000 }).toBe(0);
});
