import type { Page } from "playwright-core";
import { expect } from "vitest";
import { movingStamps } from "../support/stamps.ts";
import { type Case, SERVERS } from "./cases.ts";
import { firstFrameMs, isRelayed, openLink, type PathInUse, pathInUse, words } from "./lab/page.ts";
import { Scene } from "./lab/scene.ts";
import type { Host, Lab } from "./lab/topology.ts";
import { it, SLACK } from "./nat-test.ts";

/** By when a direct path takes over from a relay. */
const TAKEOVER_MS = 5_000;

/** Each file of them has a laboratory of its own, so that they run side by side. */
export function meets(cases: Case[]): void {
  it.for(cases)("$name: $path", async (each, { lab, turn: _turn, browserOn, certificate }) => {
    arrange(lab, each);
    await using scene = await Scene.open(lab, each.settings ?? SERVERS, certificate.authority);
    // Chromium remembers what names meant before the addresses changed.
    const browser = await browserOn(each.watches ?? "viewer", each.families !== undefined);
    const page = await openLink(browser, await scene.sender.link());
    try {
      await (each.path === "none" ? expectWords(page, each) : expectPicture(page, each));
    } finally {
      await page.close();
    }
  });
}

function arrange(lab: Lab, { families, robot, robotProvider, viewer, viewerProvider, isolated }: Case): void {
  for (const [host, each] of Object.entries(families ?? {})) lab.setFamilies(host as Host, each);
  lab.setRouters("robot", robot, robotProvider);
  lab.setRouters("viewer", viewer, viewerProvider);
  lab.setIsolated(isolated ?? false);
}

async function expectPicture(page: Page, { name, path, targetMs }: Case): Promise<void> {
  await movingStamps(page);
  const tookMs = await firstFrameMs(page);
  const [kinds = "", protocol] = path.split(" over ");
  const isWanted = (inUse: PathInUse) => kinds.split(" or ").includes(isRelayed(inUse) ? "relay" : "direct");
  let inUse = await pathInUse(page);
  // Where the machine is slow the page may have asked for a relay before the direct path stood.
  const giveUpMs = performance.now() + TAKEOVER_MS;
  while (!isWanted(inUse) && performance.now() < giveUpMs) inUse = await pathInUse(page);
  const way = `${inUse.local} to ${inUse.remote}${inUse.relayProtocol ? ` over ${inUse.relayProtocol}` : ""}`;
  console.log(`${name}: ${way}, first frame after ${tookMs} ms (target ${targetMs})`);
  expect(isWanted(inUse), `${way} is ${path}`).toBe(true);
  if (protocol) expect(inUse).toMatchObject({ local: "relay", relayProtocol: protocol });
  expect(tookMs).toBeLessThan(targetMs * SLACK);
}

async function expectWords(page: Page, { name, says = /./, targetMs }: Case): Promise<void> {
  const { said, tookMs } = await words(page, says, targetMs * SLACK);
  console.log(`${name}: "${said}" after ${tookMs} ms (target ${targetMs})`);
  expect(tookMs).toBeLessThan(targetMs * SLACK);
}
