import { setTimeout as sleep } from "node:timers/promises";
import type { Browser } from "../../test/support/browser.ts";
import type { Sightline } from "../../test/support/processes.ts";
import { type Stolen, stolenSince } from "../stolen.ts";
import type { Path } from "./path.ts";
import { type PageTold, type Run, stagesOf } from "./stages.ts";

/** From the picture's leaving to its being on show, amply. */
const SHOWN_BY_MS = 500;

/**
 * One click on a tab that is open, then everybody goes.
 * @param settleMs how long nothing happens between the tab's opening, as soon as the viewer before has gone, and the click
 */
export async function watchOnce(
  browser: Browser,
  { link, sender, prepare }: Path,
  settleMs: number,
): Promise<Run & Stolen> {
  const page = await browser.page();
  using _relay = await prepare(page);
  await sleep(settleMs);
  const known = pictures(sender).length;
  const stolen = stolenSince();
  await page.goto(link, { waitUntil: "commit" });
  // What looks into the page is compiled in it, at the cost of what is measured: not before the picture is there.
  await sender.event(() => pictures(sender).length > known);
  await sleep(SHOWN_BY_MS);
  const stolenPercent = stolen();
  await page.waitForFunction(() => Reflect.get(globalThis, "sightline")?.state.name === "live", undefined, {
    polling: 100,
  });
  const seen: PageTold = await page.evaluate(async () => ({
    originMs: performance.timeOrigin,
    pageMs: Reflect.get(
      Reflect.apply(performance.getEntriesByType, performance, ["navigation"])[0],
      "responseEnd",
    ) as number,
    timings: (await Reflect.get(globalThis, "sightline").stats()).timings as Record<string, number>,
  }));
  const told = pictures(sender).at(-1)?.timings as Record<string, number>;
  await page.close();
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
