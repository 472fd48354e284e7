import { setTimeout as sleep } from "node:timers/promises";
import type { Sightline } from "../../test/support/processes.ts";
import { type Stolen, stolenSince } from "../stolen.ts";
import type { Path } from "./path.ts";
import type { PlainBrowser } from "./plain-browser.ts";
import { type PageTold, type Run, stagesOf } from "./stages.ts";

/** From the picture's leaving to its being on show, amply. */
const SHOWN_BY_MS = 500;

/** Runs in the page. As text, for the bench's own world has no browser in it. */
const TOLD = `(async () => {
  while (globalThis.sightline?.state.name !== "live") await new Promise((resolve) => setTimeout(resolve, 100));
  return {
    originMs: performance.timeOrigin,
    pageMs: performance.getEntriesByType("navigation")[0].responseEnd,
    timings: (await sightline.stats()).timings,
  };
})()`;

/**
 * One click on a tab that is open, then everybody goes.
 * @param settleMs how long nothing happens between the tab's opening, as soon as the viewer before has gone, and the click
 */
export async function watchOnce(
  browser: PlainBrowser,
  { link, sender, prepare }: Path,
  settleMs: number,
): Promise<Run & Stolen> {
  const tab = await browser.tab();
  using _relay = await prepare(tab);
  await sleep(settleMs);
  const known = pictures(sender).length;
  const stolen = stolenSince();
  await tab.go(link);
  // What looks into the page is compiled in it, at the cost of what is measured: not before the picture is there.
  await sender.event(() => pictures(sender).length > known);
  await sleep(SHOWN_BY_MS);
  const stolenPercent = stolen();
  const seen = await tab.ask<PageTold>(TOLD);
  const told = pictures(sender).at(-1)?.timings as Record<string, number>;
  await tab.close();
  await sender.event(() => leftAgain(sender));
  return { ...stagesOf(seen, told), stolenPercent };
}

function pictures({ events }: Sightline) {
  return events.filter(({ event }) => event === "picture");
}

/** Everybody who came has gone, so that the next one is the only one. */
function leftAgain({ events }: Sightline): boolean {
  const count = (state: string) => events.filter((event) => event.event === "viewer" && event.state === state).length;
  return count("gone") === count("connected");
}
