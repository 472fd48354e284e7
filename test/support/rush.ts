import { expect } from "vitest";
import type { Browser } from "./browser.ts";
import { Crowd } from "./crowd.ts";
import { type Held, Inside } from "./inside.ts";
import { childOf, type Holding, holding } from "./proc.ts";
import { Sightline } from "./processes.ts";
import { SMALL_PICTURE } from "./small-picture.ts";
import { movingStamps, stamps } from "./stamps.ts";
import { openLink } from "./viewing.ts";

/** In pictures: two seconds. */
const STEP_MAX = 30;
const SEED = 5;
/** Who goes without a word is missed after some seconds, and not only when the path's consent has run out (RFC 7675). */
const MISSED_MS = 20_000;
/** A lost connection holds several hundred kilobytes at the sender. */
const HEAP_GROWTH_PER_VIEWER_BYTES = 30_000;
/** What may come or go by itself: garbage that is not collected yet, a runtime's own caches. */
const HEAP_SLACK_BYTES = 2_000_000;
const EDGE_SLACK_BYTES = 24_000_000;

interface Account {
  inside: Held;
  sender: Holding;
  edge: Holding;
}

async function account(sender: Sightline, inside: Inside): Promise<Account> {
  const pid = sender.process.pid ?? 0;
  return { inside: await inside.held(), sender: holding(pid), edge: holding(childOf(pid, "workerd")) };
}

/**
 * Viewers come and go through the edge and the sender while a page watches: it must miss no more than a moment, and
 * nothing of them may stay. As many before them warm up what is compared.
 * @param pauseMs between those and these; the edge lets one address join 300 times in a minute
 * @param warmVanishing the share of those that go without a good-bye; they linger, and may need another thread
 */
export async function rush(
  browser: Browser,
  stateDir: string,
  { count, pauseMs = 0, warmVanishing = 0 }: { count: number; pauseMs?: number; warmVanishing?: number },
): Promise<{ tookMs: number }> {
  const inside = new Inside(stateDir);
  await using sender = new Sightline(["send", "--port", "0", "--state", stateDir, ...SMALL_PICTURE], inside.env);
  const link = await sender.link();
  const page = await openLink(browser, link);
  await movingStamps(page);
  using crowd = new Crowd(link);
  const gone = () => sender.events.filter(({ event, state }) => event === "viewer" && state === "gone").length;
  await crowd.comeAndGo(count, warmVanishing, SEED);
  await expect.poll(gone, { timeout: MISSED_MS }).toBe(count);
  await page.waitForTimeout(pauseMs);
  const before = await account(sender, inside);

  const from = (await stamps(page)).length;
  const startedAtMs = performance.now();
  await crowd.comeAndGo(count, 0.5, SEED);
  const tookMs = performance.now() - startedAtMs;
  await expect.poll(gone, { timeout: MISSED_MS }).toBe(2 * count);
  await movingStamps(page);
  const counters = (await stamps(page)).slice(from).map(({ counter }) => counter);
  const steps = counters.slice(1).map((counter, i) => counter - (counters[i] ?? 0));
  expect(Math.max(...steps)).toBeLessThan(STEP_MAX);

  // Connections that the edge keeps for another request go a few seconds later.
  await expect
    .poll(() => holding(sender.process.pid ?? 0).sockets, { timeout: 15_000 })
    .toBeLessThanOrEqual(before.sender.sockets);
  const after = await account(sender, inside);
  expect(after.inside.resources.UDPWrap).toBeLessThanOrEqual(before.inside.resources.UDPWrap ?? 0);
  expect(after.inside.resources.Timeout).toBeLessThanOrEqual((before.inside.resources.Timeout ?? 0) + 3);
  expect(after.inside.halls).toBeLessThanOrEqual(before.inside.halls);
  expect(after.sender.threads).toBeLessThanOrEqual(before.sender.threads);
  expect(after.edge.sockets).toBeLessThanOrEqual(before.edge.sockets);
  expect(after.edge.threads).toBeLessThanOrEqual(before.edge.threads);
  const mayGrowBytes = HEAP_SLACK_BYTES + count * HEAP_GROWTH_PER_VIEWER_BYTES;
  expect(after.inside.heapBytes - before.inside.heapBytes).toBeLessThan(mayGrowBytes);
  expect(after.inside.bufferBytes - before.inside.bufferBytes).toBeLessThan(mayGrowBytes);
  expect(after.edge.residentBytes - before.edge.residentBytes).toBeLessThan(EDGE_SLACK_BYTES);
  return { tookMs };
}
