import type { Page } from "playwright-core";
import { expect } from "vitest";
import { movingStamps } from "../support/stamps.ts";
import { CASES, type Case, SERVERS } from "./cases.ts";
import { firstFrameMs, openLink, pathInUse, words } from "./lab/page.ts";
import { Scene } from "./lab/scene.ts";
import type { Host, Lab } from "./lab/topology.ts";
import { it } from "./nat-test.ts";

/** Machines that run tests are slow and busy; the figure itself is printed. */
const SLACK = 3;

it.for(CASES)("$name: $path", async (each, { lab, turn: _turn, browserOn, certificate }) => {
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

function arrange(lab: Lab, { families, robot, robotProvider, viewer, viewerProvider, isolated }: Case): void {
  for (const [host, each] of Object.entries(families ?? {})) lab.setFamilies(host as Host, each);
  lab.setRouters("robot", robot, robotProvider);
  lab.setRouters("viewer", viewer, viewerProvider);
  lab.setIsolated(isolated ?? false);
}

async function expectPicture(page: Page, { name, path, targetMs }: Case): Promise<void> {
  await movingStamps(page);
  const inUse = await pathInUse(page);
  const tookMs = await firstFrameMs(page);
  const way = `${inUse.local} to ${inUse.remote}${inUse.relayProtocol ? ` over ${inUse.relayProtocol}` : ""}`;
  console.log(`${name}: ${way}, first frame after ${tookMs} ms (target ${targetMs})`);
  const [kinds = "", protocol] = path.split(" over ");
  const relayed = inUse.local === "relay" || inUse.remote === "relay";
  expect(kinds.split(" or ")).toContain(relayed ? "relay" : "direct");
  if (protocol) expect(inUse).toMatchObject({ local: "relay", relayProtocol: protocol });
  expect(tookMs).toBeLessThan(targetMs * SLACK);
}

async function expectWords(page: Page, { name, says = /./, targetMs }: Case): Promise<void> {
  const { said, tookMs } = await words(page, says, targetMs * SLACK);
  console.log(`${name}: "${said}" after ${tookMs} ms (target ${targetMs})`);
  expect(tookMs).toBeLessThan(targetMs * SLACK);
}
