import { expect } from "vitest";
import { Sightline } from "../support/processes.ts";
import { streamRelayed } from "../support/relayed.ts";
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
  await using sender = new Sightline(["send", "--port", "0", "--state", stateDir], {
    ICE_SERVERS: JSON.stringify([{ urls: "stun:127.0.0.1:9" }]),
    TURN_URLS: "turn:127.0.0.1:9",
    TURN_SHARED_SECRET: "nobody",
  });
  await movingStamps(await openLink(browser, await sender.link()));
});
