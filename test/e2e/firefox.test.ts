import * as v from "valibot";
import { afterAll, beforeAll, expect } from "vitest";
import { SenderStats } from "../../src/protocol/stats.ts";
import { Coturn } from "../support/coturn.ts";
import { Firefox, movingStampsIn } from "../support/firefox.ts";
import { Sightline } from "../support/processes.ts";
import { SMALL_PICTURE } from "../support/small-picture.ts";
import { it } from "./browser-test.ts";

let firefox: Firefox;

beforeAll(async () => {
  firefox = await Firefox.open();
});

afterAll(async () => {
  await firefox[Symbol.asyncDispose]();
});

it("shows the test pattern live in Firefox", async () => {
  await using sender = new Sightline(["send", "--port", "0"]);
  const page = await firefox.openLink(await sender.link());
  for (const { seenAtMs, drawnAtMs } of await movingStampsIn(page, 30)) {
    expect(seenAtMs).toBeGreaterThanOrEqual(drawnAtMs);
    expect(seenAtMs - drawnAtMs).toBeLessThan(5_000);
  }
  await page.close();
});

it("is told by Firefox how long packets take, not of their losses alone", async () => {
  await using sender = new Sightline(["send", "--port", "0", "--stats", "1"]);
  const page = await firefox.openLink(await sender.link());
  await movingStampsIn(page);
  // Only transport-wide feedback tells of a queue.
  await sender.event(
    (event) =>
      event.event === "stats" && v.parse(SenderStats, event).viewers.some(({ queueMs }) => queueMs !== undefined),
  );
  await page.close();
});

const ASKED_AND_CLOSED = `(() => {
  const told = sightline.stats().then(() => true);
  sightline.close();
  return Promise.race([told, new Promise((resolve) => setTimeout(resolve, 5_000, false))]);
})()`;

it("tells its numbers in Firefox, which never answers what a connection was asked that is closed by then", async () => {
  await using sender = new Sightline(["send", "--port", "0", ...SMALL_PICTURE]);
  const page = await firefox.openLink(await sender.link());
  await movingStampsIn(page);
  expect(await page.evaluate(ASKED_AND_CLOSED)).toBe(true);
  await page.close();
});

it("streams to Firefox through a TURN server", async ({ stateDir }) => {
  await using turn = await Coturn.open();
  await using sender = new Sightline(["send", "--port", "0", "--relay-only", "--state", stateDir, ...SMALL_PICTURE], {
    TURN_URLS: turn.url,
    TURN_SHARED_SECRET: Coturn.secret,
  });
  const page = await firefox.openLink(await sender.link());
  await movingStampsIn(page);
  await expect.poll(async () => (await turn.allocations()).length).toBeGreaterThan(0);
  await page.close();
});

it("comes back by itself in Firefox when the sender was killed and started again", async ({ stateDir }) => {
  await using edge = new Sightline(["serve", "--port", "0", "--state", stateDir]);
  const send = [
    "send",
    "--edge",
    await edge.edge(),
    "--state",
    stateDir,
    "--session",
    "firefox-again",
    ...SMALL_PICTURE,
  ];
  const first = new Sightline(send);
  const page = await firefox.openLink(await first.link());
  await movingStampsIn(page);
  await page.evaluate("globalThis.sightlineSamePage = true");
  await first.stop("SIGKILL");
  await using _again = new Sightline(send);
  await movingStampsIn(page, 15, 45_000);
  expect(await page.evaluate("globalThis.sightlineSamePage")).toBe(true);
  await page.close();
});
