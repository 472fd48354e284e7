import { describe, expect, it } from "vitest";
import { matchRungs } from "../../../src/sender/congestion/ladder-match.ts";
import { Climb, M, WIDE } from "../support/climb.ts";

describe("a planned rung", () => {
  const nobody = (plannedBps: number) => ({ plannedBps, takersBps: [] });

  it.each([
    ["is the one that is planned for about as much", [2.5, 0.6], [2.5, 0.5], [0, 1]],
    ["is new where one viewer of the only rung has fallen out of it", [2.5, 0.5], [2.5], [0, undefined]],
    ["is new where a better one is made", [2.5, 0.5], [0.5], [undefined, 0]],
    ["is the only one, however far that fell", [0.9], [2.5], [0]],
    ["is the only one, however far that rose", [2.5], [0.9], [0]],
    ["is the lowest one, which fell", [2.5, 0.2], [2.5, 0.5], [0, 1]],
    ["is the lowest one, where all fell to one", [0.3], [2.5, 1], [1]],
    ["is never one from above the next better", [1.2, 0.5], [2.5, 1], [1, undefined]],
  ])("%s", (_, planned, standing, expected) => {
    expect(matchRungs(planned, standing.map(nobody))).toEqual(expected);
  });

  it("is its viewers', where all fell to another's bitrate, and stays where only its best viewer left", () => {
    const before = [2.5, 1].map((plannedBps) => ({ plannedBps, takersBps: [plannedBps * 0.48] }));
    expect(matchRungs([1.2, 0.48], before)).toEqual([0, 1]);
    const three = [nobody(2.5), { plannedBps: 1, takersBps: [1] }, { plannedBps: 0.3, takersBps: [0.3, 0.1] }];
    expect(matchRungs([1, 0.3, 0.1], three)).toEqual([1, 2, undefined]);
  });
});

describe("several viewers whose networks fall and heal", () => {
  it("together keep their only rung, and get no keyframe", () => {
    const both = (bps: number) => ({ ann: bps, bob: bps });
    const climb = new Climb().run(5_000, both(WIDE));
    const [rung] = climb.state.rungs;
    climb.run(5_000, both(M));
    expect(climb.given.ann).toBeCloseTo(0.94);
    climb.run(10_000, both(WIDE));
    expect(climb.given).toEqual({ ann: 2.5, bob: 2.5 });
    expect(climb.state.rungs.map(({ id }) => id)).toEqual([rung?.id]);
    expect(climb.changes).toBe(0);
  });

  it("together keep each their own, best first", () => {
    const all = (share: number) => ({ ann: WIDE * share, bob: 1.2 * M * share, cem: 0.4 * M * share });
    const climb = new Climb().run(5_000, all(1));
    const ids = climb.state.rungs.map(({ id }) => id);
    expect(ids).toHaveLength(3);
    for (const share of [0.4, 1, 0.3, 1]) {
      climb.run(10_000, all(share));
      expect(climb.state.rungs.map(({ id }) => id)).toEqual(ids);
      const given = climb.state.rungs.map(({ bitrateBps }) => bitrateBps);
      expect(given).toEqual([...given].sort((a, b) => b - a));
    }
  });

  it("keep the lowest where only its viewer's network falls", () => {
    const climb = new Climb().run(5_000, { ann: WIDE, bob: 0.5 * M });
    const { changes } = climb;
    climb.run(5_000, { ann: WIDE, bob: 0.2 * M }).run(5_000, { ann: WIDE, bob: 0.5 * M });
    expect(climb.changes).toBe(changes);
    expect(climb.given.bob).toBeGreaterThan(0.4);
  });

  it("wait for no better rung where one comes down to them", () => {
    const climb = new Climb().run(5_000, { ann: WIDE, bob: 0.3 * M, bea: 0.3 * M });
    expect(climb.state.rungs).toHaveLength(2);
    climb.run(2_100, { ann: 1.1 * M, bob: 0.3 * M, bea: 1.1 * M });
    expect(climb.given).toMatchObject({ ann: 1.04, bea: 1.04 });
    expect(climb.given.bob).toBeLessThanOrEqual(0.3);
  });
});
