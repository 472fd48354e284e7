import { afterEach, describe, expect, it, vi } from "vitest";
import { SightlineError } from "../../src/protocol/errors.ts";
import { SUBPROTOCOL, VIEWER_MESSAGES_MAX } from "../../src/protocol/limits.ts";
import { countRefusal, requireNotGuessing } from "../../src/worker/limits/bad-tokens.ts";
import makeRateLimit from "../../src/worker/local/rate-limit.ts";
import { meterFrame, newMeter } from "../../src/worker/session/meter.ts";

const HOUR_MS = 3_600_000;
const NOW_MS = 1_800_000_000_000;

/** What is counted within a time must not be counted for an hour because the clock was set back by one. */
describe("an edge whose clock is set back by an hour", () => {
  afterEach(() => void vi.useRealTimers());

  it("lets a viewer go on that has said much", () => {
    let meter = newMeter(NOW_MS);
    for (let i = 0; i < VIEWER_MESSAGES_MAX; i++) ({ meter } = meterFrame(meter, NOW_MS));
    expect(meterFrame(meter, NOW_MS).allowed).toBe(false);
    expect(meterFrame(meter, NOW_MS - HOUR_MS).allowed).toBe(true);
  });

  it("lets an address in that came often", async () => {
    vi.useFakeTimers({ now: NOW_MS });
    const limit = makeRateLimit({ limit: 1, periodMs: 60_000 });
    await limit.limit({ key: "a" });
    expect(await limit.limit({ key: "a" })).toEqual({ success: false });
    vi.setSystemTime(NOW_MS - HOUR_MS);
    expect(await limit.limit({ key: "a" })).toEqual({ success: true });
  });

  it("lets an address in that guessed", async () => {
    const guess = new Request("https://edge.example/api/sessions/robot/signal", {
      headers: { "Sec-WebSocket-Protocol": `${SUBPROTOCOL}, token.x` },
    });
    const limits = { BAD_TOKEN_LIMIT: { limit: async () => ({ success: false }) } } as never;
    await countRefusal(new SightlineError("unauthorized"), limits, guess, NOW_MS);
    expect(() => requireNotGuessing(guess, NOW_MS)).toThrow(/Too many/);
    expect(() => requireNotGuessing(guess, NOW_MS - HOUR_MS)).not.toThrow();
  });
});
