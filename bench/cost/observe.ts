import { randomToken } from "../../src/protocol/bytes.ts";
import { Browser } from "../../test/support/browser.ts";
import { Coturn } from "../../test/support/coturn.ts";
import { Sightline } from "../../test/support/processes.ts";
import { watchStamps } from "../../test/support/stamps.ts";
import type { Counts } from "./counts.ts";
import { MeteredEdge } from "./edge.ts";
import { request } from "./ends.ts";

/** A join of the real page in Chromium, and its leaving, with the real sender, STUN and TURN. */
export interface Observed {
  /** The sender's own start: session, socket, report. */
  start: Counts;
  join: Counts;
  leave: Counts;
}

export async function observe(): Promise<Observed> {
  const publishKey = randomToken(32);
  await using turn = await Coturn.open();
  await using edge = await MeteredEdge.open({
    PUBLISH_KEY: publishKey,
    ICE_SERVERS: JSON.stringify([{ urls: turn.url.replace("turn:", "stun:") }]),
    TURN_URLS: `${turn.url}?transport=udp,${turn.url}?transport=tcp`,
    TURN_SHARED_SECRET: Coturn.secret,
  });
  // The first question to the directory makes its table, once for a deployment.
  await request(`${edge.url}/api/sessions`, { method: "GET", token: publishKey });
  let sender: Sightline | undefined;
  const start = await edge.during(async () => {
    sender = new Sightline(["send", "--edge", edge.url], { SIGHTLINE_PUBLISH_KEY: publishKey });
    await sender.link();
  });
  if (!sender) throw new Error("no sender");
  await using camera = sender;
  await using browser = await Browser.open();
  const page = await browser.page();
  await watchStamps(page);
  const link = await camera.link();
  const join = await edge.during(async () => {
    await page.goto(link);
    await page.waitForFunction(() => (globalThis.sightlineStamps?.seen.length ?? 0) > 0);
    // Browsers go on gathering after the picture is there.
    await page.waitForTimeout(3_000);
  });
  const leave = await edge.during(async () => {
    await page.close();
    await camera.event(({ event, state }) => event === "viewer" && state === "gone");
  });
  return { start, join, leave };
}
