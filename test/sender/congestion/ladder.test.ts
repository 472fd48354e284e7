import { describe, expect, it } from "vitest";
import { Ladder } from "../../../src/sender/congestion/ladder.ts";
import { planRungs } from "../../../src/sender/congestion/ladder-plan.ts";
import { Random } from "../../support/random.ts";
import { Climb, demand, M, SOURCE, TICK_MS, WIDE } from "../support/climb.ts";

describe("a plan", () => {
  it.each([
    ["all alike", [2.5, 2.5, 2.5], [2.5]],
    ["one far below", [2.5, 0.5, 2.5], [2.5, 0.5]],
    ["one a little below: not worth an encoder", [2.5, 2.3], [2.3]],
    ["three kinds", [2.5, 1, 0.3], [2.5, 1, 0.3]],
    ["four kinds, three rungs: the fourth has the best that it can take", [2.5, 2.4, 1, 0.3], [2.4, 1, 0.3]],
    ["a single one", [0.7], [0.7]],
  ])("for %s", (_, capacities, expected) => {
    expect(planRungs(capacities.map((each) => each * M)).map((each) => each / M)).toEqual(expected);
  });

  it("for a thousand different networks is made of few of them, and carries all", () => {
    const capacities = Array.from({ length: 1_000 }, (_, i) => M * (0.3 + i / 400));
    const rungs = planRungs(capacities);
    expect(rungs).toHaveLength(3);
    expect(rungs.at(-1)).toBe(0.3 * M);
    expect(rungs[0]).toBeGreaterThan(M);
  });

  it("carries everybody, and has no more than three rungs, whoever they are", () => {
    const random = new Random(7);
    for (let i = 0; i < 300; i++) {
      const capacities = Array.from(
        { length: 1 + Math.floor(random.next() * 40) },
        () => 0.1 * M + random.next() * 5 * M,
      );
      const plan = planRungs(capacities);
      expect(plan.length).toBeLessThanOrEqual(3);
      expect(plan).toEqual([...plan].sort((a, b) => b - a));
      expect(plan.at(-1)).toBe(Math.min(...capacities));
    }
  });
});

describe("a single viewer", () => {
  it("has one rung that follows its network exactly, up to what the camera is worth", () => {
    const climb = new Climb().run(1_000, { ann: 0.9 * M });
    const [rung] = climb.state.rungs;
    expect(climb.given).toEqual({ ann: 0.9 });
    climb.run(100, { ann: 1.7 * M });
    expect(climb.given).toEqual({ ann: 1.7 });
    climb.run(100, { ann: WIDE });
    expect(climb.given).toEqual({ ann: 2.5 });
    expect(climb.state.rungs).toMatchObject([{ id: rung?.id, width: 1280, height: 720, fps: 30 }]);
  });

  it("is given fewer frames, then smaller ones, where its network carries too little", () => {
    expect(new Climb().run(2_000, { ann: 0.6 * M }).state.rungs).toMatchObject([{ width: 1280, fps: 20 }]);
    expect(new Climb().run(2_000, { ann: 0.2 * M }).state.rungs).toMatchObject([{ width: 640, fps: 15 }]);
  });

  it("keeps its size where its owner, not its network, wants few bits", () => {
    const climb = new Climb();
    climb.ladder.configure({ ...SOURCE, maxBps: 0.3 * M });
    climb.run(3_000, { ann: 0.4 * M });
    expect(climb.state.rungs).toMatchObject([{ width: 1280, height: 720, fps: 30, bitrateBps: 0.3 * M }]);
  });
});

describe("several viewers", () => {
  it("share one rung while their networks are alike", () => {
    const climb = new Climb().run(5_000, { ann: WIDE, bob: WIDE, cem: WIDE });
    expect(climb.given).toEqual({ ann: 2.5, bob: 2.5, cem: 2.5 });
    expect(climb.state.rungs).toHaveLength(1);
  });

  it("are not spoiled by one whose network becomes narrow, who has what it carries", () => {
    const climb = new Climb().run(5_000, { ann: WIDE, bob: WIDE, cem: WIDE });
    climb.run(3_000, { ann: WIDE, bob: WIDE, cem: 0.5 * M });
    expect(climb.given).toMatchObject({ ann: 2.5, bob: 2.5 });
    expect(climb.given.cem).toBeGreaterThan(0.4);
    expect(climb.given.cem).toBeLessThanOrEqual(0.5);
    expect(climb.changes).toBe(1);
  });

  it("that share the only rung are without it for half a second at most where one of them falls", () => {
    const others = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`v${i}`, WIDE]));
    const climb = new Climb().run(5_100, { ...others, ann: WIDE });
    expect(climb.state.rungs).toHaveLength(1);
    climb.run(600, { ...others, ann: 0.3 * M });
    expect(climb.given).toMatchObject({ v0: 2.5, v8: 2.5 });
    expect(climb.given.ann).toBeLessThanOrEqual(0.3);
  });

  it("are joined again when the narrow network has healed", () => {
    const climb = new Climb().run(3_000, { ann: WIDE, bob: 0.5 * M }).run(15_000, { ann: WIDE, bob: WIDE });
    expect(climb.given).toEqual({ ann: 2.5, bob: 2.5 });
    expect(climb.state.rungs).toHaveLength(1);
  });

  it("are each back on the rung that is made for them when a dip is over", () => {
    const climb = new Climb().run(5_000, { ann: WIDE, bob: 1.5 * M, cem: 0.3 * M });
    const before = climb.given;
    climb.run(1_000, { ann: WIDE, bob: 0.5 * M, cem: 0.3 * M });
    expect(climb.given.bob).toBeLessThan(0.5);
    climb.run(6_000, { ann: WIDE, bob: 1.5 * M, cem: 0.3 * M });
    expect(climb.given).toEqual(before);
    expect(climb.given.bob).toBeGreaterThan(1.3);
  });

  it("have the rung that is made for them as soon as it is there", () => {
    const climb = new Climb().run(5_000, { ann: 0.3 * M });
    climb.run(700, { ann: 0.3 * M, bob: 1.5 * M }, ["bob"]).run(500, { ann: 0.3 * M, bob: 1.5 * M });
    expect(climb.given.bob).toBeGreaterThan(1.3);
    expect(climb.given.ann).toBeLessThanOrEqual(0.3);
  });

  it("wait no longer for a better rung because others' networks get worse all the while", () => {
    const climb = new Climb();
    climb.ladder.configure({ ...SOURCE, maxBps: 8 * M });
    const others = () => {
      const bps = M * 0.98 ** (climb.nowMs / 1_000);
      return { v0: bps, v1: bps, v2: bps };
    };
    for (let i = 0; i < 50; i++) climb.run(200, { ann: 12 * M, ...others() });
    climb.run(700, { ann: 12 * M, bob: 12 * M, ...others() }, ["bob"]);
    for (let i = 0; i < 25; i++) climb.run(200, { ann: 12 * M, bob: 12 * M, ...others() });
    expect(climb.given).toMatchObject({ ann: 8, bob: 8 });
  });

  it("inherit nothing of the bad network of who left", () => {
    const climb = new Climb().run(3_000, { ann: 0.3 * M });
    expect(climb.state.rungs[0]?.width).toBeLessThan(1280);
    climb.run(300, {}).run(300, { bob: WIDE });
    expect(climb.state.rungs).toMatchObject([{ width: 1280, height: 720, fps: 30 }]);
  });

  it("lose nothing to one who comes, whom nobody knows yet, nor make a rung for it", () => {
    const climb = new Climb().run(3_000, { ann: WIDE, bob: WIDE });
    climb.run(500, { ann: WIDE, bob: WIDE, cem: M }, ["cem"]);
    expect(climb.given).toEqual({ ann: 2.5, bob: 2.5, cem: 2.5 });
    expect(climb.changes).toBe(0);
  });

  it("and who comes among them begin on a rung that an unknown network may carry, whatever the best is", () => {
    const climb = new Climb();
    climb.ladder.configure({ ...SOURCE, maxBps: 8 * M });
    climb.run(5_000, { ann: 12 * M, bob: 12 * M, cem: M });
    const low = climb.state.rungs.at(-1)?.id;
    expect(climb.state.rungs).toHaveLength(2);
    expect(climb.ladder.freshRung).toBe(low);
    climb.run(300, { ann: 12 * M, bob: 12 * M, cem: M, dee: M }, ["dee"]);
    expect(climb.state.choice.get("dee")).toBe(low);
  });

  it("leave one that follows alone when they go", () => {
    const climb = new Climb().run(3_000, { ann: WIDE, bob: 0.5 * M }).run(500, { bob: 0.6 * M });
    expect(climb.given).toEqual({ bob: 0.6 });
    expect(climb.state.rungs).toHaveLength(1);
  });

  it("are all carried when all are narrow, each in its own way", () => {
    const climb = new Climb().run(6_000, { ann: 0.3 * M, bob: 0.32 * M });
    expect(Math.max(...Object.values(climb.given))).toBeLessThanOrEqual(0.32);
    climb.run(3_000, { ann: 0.15 * M, bob: 0.32 * M });
    expect(climb.given.ann).toBeLessThanOrEqual(0.15);
  });
});

it("keeps a rung's id for as long as it stands, so that its encoder does", () => {
  const climb = new Climb().run(3_000, { ann: WIDE, bob: WIDE });
  const [top] = climb.state.rungs;
  climb.run(3_000, { ann: WIDE, bob: 0.5 * M });
  expect(climb.state.rungs[0]?.id).toBe(top?.id);
  const bottom = climb.state.rungs[1]?.id;
  climb.run(3_000, { ann: WIDE, bob: 0.6 * M });
  expect(climb.state.rungs.map(({ id }) => id)).toEqual([top?.id, bottom]);
});

it("one viewer's picture keeps its size while it is doubted that the network carries so little", () => {
  const heightAfter = (doubted: boolean) => {
    const ladder = new Ladder<string>(SOURCE);
    const demands = [{ ...demand("a", 0.1 * M), doubted }];
    ladder.update([demand("a", 2 * M)], M, 0);
    for (let nowMs = 100; nowMs < 3_000; nowMs += TICK_MS) ladder.update(demands, M, nowMs);
    return ladder.update(demands, M, 3_000).rungs[0]?.height;
  };
  expect([heightAfter(true), heightAfter(false)]).toEqual([720, 270]);
});
