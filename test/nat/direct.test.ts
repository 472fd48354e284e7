import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { movingStamps, stamps } from "../support/stamps.ts";
import { SERVERS } from "./cases.ts";
import type { RouterRules } from "./lab/nat-rules.ts";
import { firstFrameMs, openLink, pathInUse } from "./lab/page.ts";
import { Scene } from "./lab/scene.ts";
import { TURN } from "./lab/topology.ts";
import { it } from "./nat-test.ts";

const RUNS = 20;
/** By when a direct path takes over from a relay. */
const TAKEOVER_MS = 5_000;
const PORT: RouterRules = { mapping: "endpoint-independent", filtering: "address-and-port" };

async function isDirect(page: Page): Promise<boolean> {
  const { local, remote } = await pathInUse(page);
  return local !== "relay" && remote !== "relay";
}

/** @returns how long that took */
async function untilDirect(page: Page): Promise<number> {
  const startedAtMs = performance.now();
  while (!(await isDirect(page))) {
    if (performance.now() - startedAtMs > TAKEOVER_MS) throw new Error("the relay is still in use");
    await sleep(50);
  }
  return Math.round(performance.now() - startedAtMs);
}

it.for([0, 200])(
  `a direct path is chosen over a relay ${RUNS} times of ${RUNS}, %i ms apart`,
  { timeout: 180_000 },
  async (roundTripMs, { lab, turn: _turn, browserOn, certificate }) => {
    lab.setRouters("robot", PORT);
    lab.setRouters("viewer", PORT);
    await using _delay = roundTripMs > 0 ? await lab.delay("viewer", roundTripMs) : undefined;
    await using scene = await Scene.open(lab, SERVERS, certificate.authority);
    const browser = await browserOn("viewer");
    const link = await scene.sender.link();
    const tookMs: number[] = [];
    let relayedFirst = 0;
    for (let run = 0; run < RUNS; run++) {
      const page = await openLink(browser, link);
      await movingStamps(page, 1);
      if (!(await isDirect(page))) relayedFirst++;
      await untilDirect(page);
      tookMs.push(await firstFrameMs(page));
      await page.close();
    }
    const [median] = tookMs.sort((a, b) => a - b).slice(RUNS / 2);
    const said = `${roundTripMs} ms apart: direct ${RUNS} of ${RUNS}, after a relay ${relayedFirst} times`;
    console.log(`${said}; first frame after ${median} ms in the middle, ${tookMs.at(-1)} ms at most`);
  },
);

it("a direct path that opens late takes over from the relay, and the picture goes on", async ({
  lab,
  turn: _turn,
  browserOn,
  certificate,
}) => {
  lab.setRouters("robot", PORT);
  lab.setRouters("viewer", { ...PORT, udpOnlyTo: [TURN.ip4] });
  await using scene = await Scene.open(lab, SERVERS, certificate.authority);
  const page = await openLink(await browserOn("viewer"), await scene.sender.link());
  await movingStamps(page);
  expect(await isDirect(page)).toBe(false);
  const from = (await stamps(page)).length;
  lab.setRouters("viewer", PORT);
  const tookMs = await untilDirect(page);
  console.log(`a direct path took over from the relay after ${tookMs} ms`);
  await movingStamps(page);
  const seen = (await stamps(page)).slice(from);
  const gapsMs = seen.slice(1).map(({ seenAtMs }, i) => seenAtMs - (seen[i]?.seenAtMs ?? 0));
  expect(Math.max(...gapsMs)).toBeLessThan(1_500);
  await page.close();
});
