import { expect } from "vitest";
import { movingStamps } from "../support/stamps.ts";
import { CASES, SERVERS } from "./cases.ts";
import { firstFrameMs, openLink, pathInUse } from "./lab/page.ts";
import { Scene } from "./lab/scene.ts";
import { it } from "./nat-test.ts";

/** Machines that run tests are slow and busy; the figure itself is printed. */
const SLACK = 3;

it.for(CASES)("$name: $path", async (each, { lab, turn, browserOn, certificate }) => {
  for (const [host, families] of Object.entries(each.families ?? {})) lab.setFamilies(host as "robot", families);
  lab.setRouters("robot", each.robot, each.robotProvider);
  lab.setRouters("viewer", each.viewer, each.viewerProvider);
  expect(turn.log.length).toBeGreaterThan(0);
  await using scene = await Scene.open(lab, each.settings ?? SERVERS, certificate.authority);
  // Chromium remembers what names meant before the addresses changed.
  const browser = await browserOn("viewer", each.families !== undefined);
  const page = await openLink(browser, await scene.sender.link());
  await movingStamps(page);
  const path = await pathInUse(page);
  const tookMs = await firstFrameMs(page);
  const way = `${path.local} to ${path.remote}${path.relayProtocol ? ` over ${path.relayProtocol}` : ""}`;
  console.log(`${each.name}: ${way}, first frame after ${tookMs} ms (target ${each.targetMs})`);
  await page.close();
  const relayed = path.local === "relay" || path.remote === "relay";
  const [kind, protocol] = each.path.split(" over ");
  expect(relayed ? "relay" : "direct").toBe(kind);
  if (protocol) expect(path).toMatchObject({ local: "relay", relayProtocol: protocol });
  expect(tookMs).toBeLessThan(each.targetMs * SLACK);
});
