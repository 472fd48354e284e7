import { expect, it } from "vitest";
import { BrokenRungs } from "../../src/sender/broken-rungs.ts";

it("a rung that has worked for a while since it failed is tried again soon, one that has not ever later", () => {
  const broken = new BrokenRungs();
  let nowMs = 0;
  const fail = () => {
    const pauseMs = broken.failed(1, nowMs);
    nowMs += pauseMs;
    return pauseMs;
  };
  for (const leastMs of [125, 250, 500, 1_000]) {
    expect(fail()).toBeGreaterThanOrEqual(leastMs);
    nowMs += 1_000;
    broken.worked(1, nowMs);
  }
  nowMs += 5_000;
  broken.worked(1, nowMs);
  expect(fail()).toBeLessThanOrEqual(250);
});

it("a rung that waits after a failure is passed by for others, not for nothing", () => {
  const broken = new BrokenRungs();
  const [good, bad] = [{ id: 1 }, { id: 2 }];
  const pauseMs = broken.failed(bad.id, 0);
  expect(broken.due([bad], true, 0)).toEqual([]);
  expect(broken.due([bad, good], false, 0)).toEqual([good]);
  expect(broken.due([bad], false, 0)).toEqual([bad]);
  expect(broken.due([bad], true, pauseMs)).toEqual([bad]);
});
