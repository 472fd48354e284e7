import { describe, expect, it } from "vitest";
import { Climb, M, SOURCE, WIDE } from "../support/climb.ts";

/** What a network is trusted with that nobody knows; the whole picture needs 1.87 Mbps. */
const TRUSTED = 0.95 * M;
/** Until a camera has been opened, and its first pictures have shown what the network carries. */
const UNKNOWN_MS = 2_700;

function opening(): Climb {
  const climb = new Climb();
  climb.ladder.configure({ ...SOURCE, width: 1920, height: 1080 });
  return climb.run(1_000, {});
}

describe("where nothing is known yet of any network", () => {
  it.each([
    ["one viewer", ["ann"]],
    ["several who come together", ["ann", "bob"]],
  ])("%s is shown the whole picture, and keeps it where the network turns out wide", (_, viewers) => {
    const all = (bps: number) => Object.fromEntries(viewers.map((viewer) => [viewer, bps]));
    const climb = opening().run(UNKNOWN_MS, all(TRUSTED), viewers);
    expect(climb.state.rungs).toMatchObject([{ height: 1080, fps: 30 }]);
    for (let i = 0; i < 20; i++) {
      climb.run(100, all(WIDE));
      expect(climb.state.rungs).toMatchObject([{ height: 1080, fps: 30 }]);
    }
    expect(climb.changes).toBe(0);
  });

  it("one viewer's picture stays whole while its network may yet turn out wide, though no longer called unknown", () => {
    const { ladder } = opening();
    const fpsAfter = (guessed: boolean) => {
      const one = { viewer: "ann", targetBps: TRUSTED, estimateBps: TRUSTED, fresh: false, guessed };
      for (let nowMs = 1_000; nowMs < 3_000; nowMs += 100) ladder.update([one], M, nowMs);
      return ladder.update([one], M, 3_000).rungs[0]?.fps;
    };
    expect([fpsAfter(true), fpsAfter(false)]).toEqual([30, 15]);
  });

  it("one viewer's picture is smaller as soon as the network is known to be narrow, and not half a second later", () => {
    const climb = opening().run(UNKNOWN_MS, { ann: 0.3 * M }, ["ann"]);
    expect(climb.state.rungs).toMatchObject([{ height: 1080, fps: 30, bitrateBps: 0.3 * M }]);
    climb.run(100, { ann: 0.3 * M });
    expect(climb.state.rungs).toMatchObject([{ height: 540, fps: 15 }]);
  });
});
