import { join } from "node:path";
import { expect } from "vitest";
import { randomToken } from "../../src/protocol/bytes.ts";
import { hashToken } from "../../src/protocol/link.ts";
import { Coturn } from "../support/coturn.ts";
import { Sightline } from "../support/processes.ts";
import { ShiftedClock } from "../support/shifted-clock.ts";
import { SMALL_PICTURE } from "../support/small-picture.ts";
import { changingStamps } from "../support/stamps.ts";
import { openLink } from "../support/viewing.ts";
import { it } from "./browser-test.ts";

const HOUR_S = 3_600;
const PUBLISH_KEY = "publish-key-of-the-test";
/** By less than this a slow machine may read two clocks apart. */
const SLACK_S = 600;

/** How far ahead the edge's clock is, by the time at which it creates a session. */
async function edgeAheadS(url: string): Promise<number> {
  const hash = () => hashToken(randomToken(16));
  const reply = await fetch(`${url}/api/sessions`, {
    method: "POST",
    headers: { Authorization: `Bearer ${PUBLISH_KEY}`, "Content-Type": "application/json" },
    body: JSON.stringify({ senderToken: randomToken(32), viewerTokenHash: hash(), operatorTokenHash: hash() }),
  });
  const { createdAtMs } = (await reply.json()) as { createdAtMs: number };
  return (createdAtMs - Date.now()) / 1_000;
}

it("clocks that are set an hour ahead and back, the sender's or the edge's, take nobody's picture away and keep nobody out", async ({
  browser,
  stateDir,
}) => {
  const sendersClock = new ShiftedClock(join(stateDir, "sender-clock"));
  const edgesClock = new ShiftedClock(join(stateDir, "edge-clock"));
  const edgeEnv = { ...edgesClock.env, PUBLISH_KEY };
  await using edge = new Sightline(["serve", "--port", "0", "--state", join(stateDir, "edge")], edgeEnv);
  const url = await edge.edge();
  const senderEnv = { ...sendersClock.env, SIGHTLINE_PUBLISH_KEY: PUBLISH_KEY };
  await using sender = new Sightline(
    ["send", "--edge", url, "--state", join(stateDir, "sender"), ...SMALL_PICTURE],
    senderEnv,
  );
  const link = await sender.link();
  const page = await openLink(browser, link);
  await changingStamps(page);

  const goesOn = async () => {
    await changingStamps(page);
    const late = await openLink(browser, link);
    await changingStamps(late);
    await late.close();
    await page.bringToFront();
  };
  const senderAheadS = async () => {
    const last = (await changingStamps(page, 1)).at(-1);
    return last ? (last.drawnAtMs - last.seenAtMs) / 1_000 : 0;
  };
  const set = async (seconds: number, clock: ShiftedClock, aheadS: () => Promise<number>) => {
    clock.shift(seconds);
    await expect.poll(async () => Math.abs((await aheadS()) - seconds)).toBeLessThan(SLACK_S);
  };
  await set(HOUR_S, edgesClock, () => edgeAheadS(url));
  // Who comes now has to wait for the sender's next ping.
  const early = await openLink(browser, link);
  await page.bringToFront();
  await changingStamps(page);
  await set(HOUR_S, sendersClock, senderAheadS);
  await changingStamps(page);
  await early.bringToFront();
  await changingStamps(early);
  await early.close();
  await goesOn();
  await set(0, sendersClock, senderAheadS);
  await goesOn();
  await set(0, edgesClock, () => edgeAheadS(url));
  await goesOn();
  const viewers = sender.events.filter(({ event, state }) => event === "viewer" && state === "connected");
  // The page, once, and those who came late: nobody had to come again.
  expect(viewers).toHaveLength(5);
  expect(sender.stderr.filter((line) => !/Ctrl-C/.test(line))).toEqual([]);
}, 120_000);

it("a sender whose clock is an hour ahead of the edge's, and is then set right, shows its half hour all the same", async ({
  browser,
  stateDir,
}) => {
  const clock = new ShiftedClock(join(stateDir, "sender-clock"));
  clock.shift(HOUR_S);
  await using edge = new Sightline(["serve", "--port", "0", "--state", join(stateDir, "edge")], { PUBLISH_KEY });
  const senderEnv = { ...clock.env, SIGHTLINE_PUBLISH_KEY: PUBLISH_KEY };
  await using sender = new Sightline(
    ["send", "--edge", await edge.edge(), "--state", join(stateDir, "sender"), "--expires", "30m", ...SMALL_PICTURE],
    senderEnv,
  );
  const page = await openLink(browser, await sender.link());
  await changingStamps(page);
  clock.shift(0);
  await changingStamps(page, 30);
  clock.shift(HOUR_S);
  await changingStamps(page, 30);
  expect(sender.process.exitCode).toBeNull();
});

it("a machine whose clock is set across the end of TURN credentials relays on, and relays for who comes then", async ({
  browser,
  stateDir,
}) => {
  const clock = new ShiftedClock(join(stateDir, "clock"));
  await using turn = await Coturn.open([], undefined, clock.env);
  const settings = { TURN_URLS: turn.url, TURN_SHARED_SECRET: Coturn.secret, TURN_TTL: "600" };
  await using sender = new Sightline(
    ["send", "--port", "0", "--relay-only", "--state", join(stateDir, "sender"), ...SMALL_PICTURE],
    { ...clock.env, ...settings },
  );
  const link = await sender.link();
  const page = await openLink(browser, link);
  await changingStamps(page);
  for (const aheadS of [HOUR_S, 0]) {
    clock.shift(aheadS);
    await changingStamps(page, 60);
    const late = await openLink(browser, link);
    await changingStamps(late);
    await late.close();
    await page.bringToFront();
  }
  const viewers = sender.events.filter(({ event, state }) => event === "viewer" && state === "connected");
  expect(new Set(viewers.map(({ id }) => id)).size).toBe(3);
}, 120_000);
