import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { streamRelayed } from "../support/relayed.ts";

/** Past the life of coturn's nonces and allocations, both 600 s by default, and the one after. */
const DURATION_S = 1_100;
const DAY_S = 86_400;

it("one connection is relayed by coturn with its defaults for 1,100 s, by UDP, TCP and TLS", {
  timeout: (DURATION_S + 60) * 1_000,
}, async () => {
  const stateDir = mkdtempSync(join(tmpdir(), "sightline-soak-"));
  try {
    const relayed = await streamRelayed({ stateDir, ttlS: DAY_S, durationS: DURATION_S });
    for (const { transport, longestGapMs, connections } of relayed) {
      console.log(`${transport}: ${connections} connection, ${longestGapMs} ms between two frames at most`);
      expect({ transport, connections }).toEqual({ transport, connections: 1 });
      expect(longestGapMs).toBeLessThan(1_500);
    }
  } finally {
    rmSync(stateDir, { recursive: true, force: true });
  }
});
