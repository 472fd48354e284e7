import { expect } from "vitest";
import { Coturn } from "../support/coturn.ts";
import { Sightline } from "../support/processes.ts";
import { streamRelayed } from "../support/relayed.ts";
import { SMALL_PICTURE } from "../support/small-picture.ts";
import { movingStamps } from "../support/stamps.ts";
import { openLink } from "../support/viewing.ts";
import { it } from "./browser-test.ts";

/** The shortest that the edge hands out. */
const TTL_S = 60;
const NONCE_S = 20;

it("streams through a TURN server by UDP, TCP and TLS, though its nonces go stale and it cuts whose credentials expire", {
  timeout: 240_000,
}, async ({ stateDir }) => {
  const relayed = await streamRelayed({
    stateDir,
    coturn: [`--stale-nonce=${NONCE_S}`],
    ttlS: TTL_S,
    cut: true,
    durationS: 120,
  });
  for (const { transport, longestGapMs, connections } of relayed) {
    expect(connections, transport).toBeGreaterThan(1);
    expect(longestGapMs, transport).toBeLessThan(1_500);
  }
});

it("starts and shows the picture though its STUN and TURN servers are dead", async ({ browser, stateDir }) => {
  await using sender = new Sightline(["send", "--port", "0", "--state", stateDir, ...SMALL_PICTURE], {
    ICE_SERVERS: JSON.stringify([{ urls: "stun:127.0.0.1:9" }]),
    TURN_URLS: "turn:127.0.0.1:9",
    TURN_SHARED_SECRET: "nobody",
  });
  await movingStamps(await openLink(browser, await sender.link()));
});

it("says once that its TURN server refuses, without the credentials", async ({ browser, stateDir }) => {
  await using turn = await Coturn.open();
  await using sender = new Sightline(["send", "--port", "0", "--state", stateDir, ...SMALL_PICTURE], {
    TURN_URLS: turn.url,
    TURN_SHARED_SECRET: "another-secret",
  });
  const link = await sender.link();
  const said = () => sender.stderr.filter((line) => /TURN/.test(line));
  await movingStamps(await openLink(browser, link));
  await expect.poll(said).toHaveLength(1);
  await movingStamps(await openLink(browser, link));
  expect(said()).toEqual([expect.stringContaining(`${turn.url.slice("turn:".length)} by UDP refused with 401`)]);
  expect(said().join()).not.toMatch(/another-secret|\d{10}:/);
});
