import { describe, expect, it } from "vitest";
import { Climb, M, SOURCE, WIDE } from "../support/climb.ts";

/** What is left of an estimate of 2 Mbps after so long without a word. */
const leftAfter = (ms: number) => Math.max(2 * M * 0.6 ** Math.ceil(ms / 500), 0.1 * M);
const NEW = 0.95 * M;

/** Those who are named are silent for so long, while the others' networks carry what is said. */
function silence(climb: Climb, ms: number, names: string[], others: Record<string, number> = {}): Climb {
  for (let sinceMs = 0; sinceMs < ms; sinceMs += 100) {
    const left = Object.fromEntries(names.map((name) => [name, leftAfter(sinceMs)]));
    climb.run(100, { ...left, ...others }, [], names);
  }
  return climb;
}

describe("a connection of which nothing is heard", () => {
  it("alone is given what silence left of its rate, and no smaller picture for one who comes then", () => {
    const climb = silence(new Climb().run(3_000, { old: 2 * M }), 3_000, ["old"]);
    expect(climb.given).toEqual({ old: 0.1 });
    const [rung] = climb.state.rungs;
    for (let i = 0; i < 6; i++) {
      climb.run(100, { old: 0.1 * M, new: NEW }, ["new"], ["old"]);
      expect(climb.given.new).toBe(0.95);
      expect(climb.state.rungs).toMatchObject([{ id: rung?.id, width: 1280, height: 720 }]);
    }
    climb.run(3_000, { old: 0.1 * M, new: WIDE }, [], ["old"]);
    expect(climb.given.new).toBe(2.5);
    climb.run(3_000, { new: WIDE });
    expect(climb.state.rungs).toMatchObject([{ id: rung?.id, width: 1280, height: 720, bitrateBps: 2.5 * M }]);
  });

  it("whose new one has a narrow network has that one followed exactly, with one encoder", () => {
    const climb = silence(new Climb().run(3_000, { old: 2 * M }), 3_000, ["old"]);
    climb.run(700, { old: 0.1 * M, new: 0.6 * M }, ["new"], ["old"]);
    climb.run(3_000, { old: 0.1 * M, new: 0.5 * M }, [], ["old"]);
    expect(climb.state.rungs).toMatchObject([{ bitrateBps: 0.5 * M }]);
  });

  it("beside others on its rung takes nothing from them, nor gets an encoder, until it is heard again", () => {
    const climb = new Climb().run(3_000, { ann: WIDE, bob: WIDE, cem: WIDE });
    for (let i = 0; i < 50; i++) {
      climb.run(100, { ann: leftAfter(i * 100), bob: WIDE, cem: WIDE }, [], ["ann"]);
      expect(climb.given).toEqual({ ann: 2.5, bob: 2.5, cem: 2.5 });
      expect(climb.state.rungs).toHaveLength(1);
    }
    climb.run(2_000, { ann: 0.4 * M, bob: WIDE, cem: WIDE });
    expect(climb.given).toMatchObject({ bob: 2.5, cem: 2.5 });
    expect(climb.given.ann).toBeLessThanOrEqual(0.4);
  });

  it("leaves a single other one with an encoder that follows it, whichever of the two came first", () => {
    for (const silent of ["ann", "bob"]) {
      const other = silent === "ann" ? "bob" : "ann";
      const climb = silence(new Climb().run(3_000, { ann: WIDE, bob: WIDE }), 2_000, [silent], { [other]: WIDE });
      climb.run(200, { [silent]: 0.1 * M, [other]: 1.7 * M }, [], [silent]);
      expect(climb.given[other]).toBe(1.7);
      expect(climb.changes).toBe(0);
    }
  });

  it("has no rung of its own where one who comes among others begins on it", () => {
    const climb = new Climb();
    climb.ladder.configure({ ...SOURCE, maxBps: 8 * M });
    climb.run(5_000, { ann: 12 * M, bob: 2 * M }).run(2_000, { ann: 12 * M, bob: 0.2 * M }, [], ["bob"]);
    expect(climb.given).toEqual({ ann: 8, bob: 0.19 });
    climb.run(100, { ann: 12 * M, bob: 0.2 * M, cem: NEW }, ["cem"], ["bob"]);
    expect(climb.given.cem).toBeGreaterThan(0.9);
  });

  it("keeps a rung of its own, which follows it, and is back on it without a keyframe", () => {
    const networks = { ann: WIDE, bob: 0.5 * M };
    const climb = new Climb().run(5_000, networks);
    const { changes, state } = climb;
    climb.run(1_000, { ann: WIDE, bob: 0.2 * M }, [], ["bob"]);
    expect(climb.given).toEqual({ ann: 2.5, bob: 0.19 });
    climb.run(3_000, networks);
    expect(climb.state.rungs.map(({ id }) => id)).toEqual(state.rungs.map(({ id }) => id));
    expect(climb.changes).toBe(changes);
  });
});

it("when the camera's own network went, those who come again are not given what the silence of all left", () => {
  const climb = new Climb().run(5_000, { ann: WIDE, bob: 0.5 * M });
  for (let i = 0; i < 40; i++) {
    climb.run(100, { ann: leftAfter(i * 100), bob: Math.min(leftAfter(i * 100), 0.5 * M) }, [], ["ann", "bob"]);
  }
  expect(Math.max(...Object.values(climb.given))).toBeLessThanOrEqual(0.1);
  const old = { ann: 0.1 * M, bob: 0.1 * M };
  climb.run(600, { ...old, "ann again": NEW, "bob again": NEW }, ["ann again", "bob again"], ["ann", "bob"]);
  expect(climb.given).toMatchObject({ "ann again": 0.95, "bob again": 0.95 });
});
