import { describe, expect, it } from "vitest";
import { Random } from "../../support/random.ts";
import { Climb, M, TICK_MS, WIDE } from "../support/climb.ts";

describe("several viewers", () => {
  it("give way to a dip of one by no more than a part, and come back", () => {
    const climb = new Climb().run(5_000, { ann: WIDE, bob: WIDE });
    climb.run(300, { ann: WIDE, bob: 2.3 * M });
    expect(climb.given).toEqual({ ann: 2.3, bob: 2.3 });
    climb.run(1_000, { ann: WIDE, bob: WIDE });
    expect(climb.given).toEqual({ ann: 2.5, bob: 2.5 });
    expect(climb.changes).toBe(0);
  });

  it.each([
    ["bob alone", 0.86, {}],
    ["bob alone, and a little more than it gives way", 0.83, {}],
    ["bob alone, whose network fell by a third", 0.66, {}],
    ["one of two", 0.86, { bea: 1.2 * M }],
  ])("stay on their rung where %s dips", (_, kept, more) => {
    const others = { ann: WIDE, cem: 0.5 * M, ...more };
    for (let offsetMs = 0; offsetMs < 2_000; offsetMs += 200) {
      const climb = new Climb().run(5_000 + offsetMs, { ...others, bob: 1.2 * M });
      const { changes, given } = climb;
      for (let bps = kept * (given.bob ?? 0) * M; bps < 1.2 * M; bps *= 1.008) {
        climb.run(TICK_MS, { ...others, bob: bps });
        expect(climb.given.bob).toBeGreaterThan(0.69);
        expect(climb.given.bob).toBeLessThanOrEqual(bps / M + 0.01);
      }
      climb.run(3_000, { ...others, bob: 1.2 * M });
      expect(climb.changes).toBe(changes);
      expect(climb.given.bob).toBeGreaterThan(0.95);
    }
  });

  it.each([1, 2, 3])("are hardly ever moved by over-use now and then (seed %i)", (seed) => {
    const random = new Random(seed);
    const networks = { ann: WIDE, bob: 1.2 * M, bea: 1.2 * M, cem: 0.5 * M };
    const climb = new Climb().run(5_000, networks);
    const before = climb.changes;
    const estimates: Record<string, number> = { ...networks };
    for (let i = 0; i < 600; i++) {
      for (const [viewer, bps] of Object.entries(networks)) {
        const estimateBps = estimates[viewer] ?? bps;
        const overused = random.next() < TICK_MS / 15_000;
        estimates[viewer] = overused ? 0.85 * estimateBps : Math.min(bps, estimateBps * 1.007);
      }
      climb.run(TICK_MS, estimates);
    }
    // A minute.
    expect(climb.changes - before).toBeLessThanOrEqual(3);
  });

  it.each([1, 2, 3])("are hardly ever moved by estimates that waver (seed %i)", (seed) => {
    const random = new Random(seed);
    const climb = new Climb().run(5_000, { ann: WIDE, bob: 1.2 * M, cem: 0.5 * M });
    const before = climb.changes;
    for (let i = 0; i < 600; i++) {
      const waver = (bps: number) => bps * (0.95 + 0.1 * random.next());
      climb.run(TICK_MS, { ann: waver(WIDE), bob: waver(1.2 * M), cem: waver(0.5 * M) });
    }
    // A minute.
    expect(climb.changes - before).toBeLessThanOrEqual(6);
    expect(climb.given.ann).toBeGreaterThan(2);
  });
});
