import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { Coturn } from "../support/coturn.ts";
import { Sightline } from "../support/processes.ts";
import { movingStamps, stamps } from "../support/stamps.ts";
import { openLink } from "../support/viewing.ts";
import { it } from "./browser-test.ts";

/** The shortest that the edge hands out. */
const TTL_S = 60;

it("streams through a TURN server for hours, though it cuts whoever's credentials expire", {
  timeout: 180_000,
}, async ({ browser, stateDir }) => {
  await using turn = await Coturn.open();
  await using sender = new Sightline(["send", "--port", "0", "--relay-only", "--state", stateDir], {
    TURN_URLS: turn.url,
    TURN_SHARED_SECRET: Coturn.secret,
    TURN_TTL: String(TTL_S),
  });
  const page = await openLink(browser, await sender.link());
  await movingStamps(page);
  expect((await turn.allocations()).length).toBeGreaterThan(0);

  const from = (await stamps(page)).length;
  let cut = 0;
  for (const end = Date.now() + (TTL_S + 15) * 1_000; Date.now() < end; await sleep(500)) {
    cut += await turn.cutOlderThan(TTL_S * 1_000);
  }
  const connections = sender.events.filter(({ event, state }) => event === "viewer" && state === "connected");
  expect(connections.length).toBeGreaterThan(1);
  const seen = (await stamps(page)).slice(from);
  const gapsMs = seen.slice(1).map(({ seenAtMs }, i) => seenAtMs - (seen[i]?.seenAtMs ?? 0));
  expect(Math.max(...gapsMs), `${cut} allocations were cut`).toBeLessThan(1_500);
  await movingStamps(page);
});

it("starts and shows the picture though its STUN and TURN servers are dead", async ({ browser, stateDir }) => {
  await using sender = new Sightline(["send", "--port", "0", "--state", stateDir], {
    ICE_SERVERS: JSON.stringify([{ urls: "stun:127.0.0.1:9" }]),
    TURN_URLS: "turn:127.0.0.1:9",
    TURN_SHARED_SECRET: "nobody",
  });
  await movingStamps(await openLink(browser, await sender.link()));
});
