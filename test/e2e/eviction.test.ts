import { expect } from "vitest";
import { parseLink } from "../../src/protocol/link.ts";
import { EvictableEdge } from "../support/evictable-edge.ts";
import { Sightline } from "../support/processes.ts";
import { SMALL_PICTURE } from "../support/small-picture.ts";
import { movingStamps, watchStamps } from "../support/stamps.ts";
import { TamperingEdge } from "../support/tampering-edge.ts";
import { it } from "./browser-test.ts";

const PUBLISH_KEY = "publish-key-of-the-test";

/**
 * Messages between which a session is thrown out of memory, and by what the offer comes. While an offer by HTTP waits for
 * its answer the request keeps the session in memory; so those steps are taken with an offer by the socket.
 */
const STEPS = [
  ["http", "offer: viewer to edge"],
  ["http", "answer: edge to viewer"],
  ["http", "candidate: viewer to edge"],
  ["http", "candidate: edge to sender"],
  ["socket", "welcome: edge to viewer"],
  ["socket", "viewer-joined: edge to sender"],
  ["socket", "offer: viewer to edge"],
  ["socket", "offer: edge to sender"],
  ["socket", "answer: sender to edge"],
  ["socket", "answer: edge to viewer"],
] as const;

it("a session that is thrown out of memory at any step of a join lets the viewer in all the same", async ({
  browser,
  stateDir,
}) => {
  await using edge = await EvictableEdge.open({ PUBLISH_KEY });
  await using between = await TamperingEdge.open(edge.url);
  const env = { SIGHTLINE_PUBLISH_KEY: PUBLISH_KEY };
  await using sender = new Sightline(["send", "--edge", between.url, "--state", stateDir, ...SMALL_PICTURE], env);
  const link = await sender.link();
  const { sessionId } = parseLink(link);
  for (const [by, step] of STEPS) {
    let evicted: Promise<void> | undefined;
    between.tamper = async (message, towards, from) => {
      if (step === `${message.type}: ${from} to ${towards}`) {
        evicted ??= edge.evict(sessionId);
        await evicted;
      }
      return [message];
    };
    const page = await browser.page();
    if (by === "socket") await page.route("**/offer", (route) => route.abort());
    await watchStamps(page);
    await page.goto(link);
    await movingStamps(page, 5).catch((cause) => {
      throw new Error(`no picture when the session was thrown out before ${step}, offered by ${by}`, { cause });
    });
    await expect(evicted, `${step}, offered by ${by}`).resolves.toBeUndefined();
    await page.close();
  }
  const connected = sender.events.filter(({ event, state }) => event === "viewer" && state === "connected");
  expect(connected).toHaveLength(STEPS.length);
}, 120_000);
