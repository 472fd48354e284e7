import { describe, expect, it } from "vitest";
import { SCENARIOS, type Scenario } from "../../support/network-sim/scenarios.ts";
import { type Measured, simulate } from "../../support/network-sim/simulate.ts";

const M = 1_000_000;
const STILL_FROM_MS = 20_000;
const MOVES_AT_MS = 45_000;

function run(scenario: Omit<Scenario, "name">, seed: number): Measured {
  const [camera] = simulate({ ...scenario, name: "reports alone" }, seed).cameras;
  if (!camera) throw new Error("no camera");
  return camera;
}

const link = (rateBps: number) => ({
  ...SCENARIOS.steady.link,
  rateBps: () => rateBps,
  queueBytes: (rateBps * 300) / 8_000,
});

describe.each([1, 2, 3])("a viewer without transport-wide feedback (seed %d)", (seed) => {
  const isStill = (atMs: number) => atMs >= STILL_FROM_MS && atMs < MOVES_AT_MS;

  it("is sent after a still picture what its network carried before it, and not the most that is sent to anybody", () => {
    const camera = run(
      {
        durationMs: MOVES_AT_MS + 10_000,
        link: link(0.6 * M),
        cameras: [{ demandBps: (atMs) => (isStill(atMs) ? 0.05 * M : 2.5 * M) }],
        maxBps: 3.375 * M,
        reports: {},
      },
      seed,
    );
    const beforeBps = camera.decisionAt(STILL_FROM_MS)?.estimateBps ?? 0;
    const afterBps = camera.decisionAt(MOVES_AT_MS)?.estimateBps ?? 0;
    expect(beforeBps).toBeLessThan(0.9 * M);
    expect(afterBps / beforeBps).toBeLessThan(1.2);
    expect(camera.sentBps(MOVES_AT_MS, MOVES_AT_MS + 3_000)).toBeLessThan(1.5 * M);
  });

  it("is sent more and more while its network carries it", () => {
    const camera = run({ durationMs: 20_000, link: link(10 * M), cameras: [{}], maxBps: 3 * M, reports: {} }, seed);
    expect(camera.decisionAt(1_500)?.estimateBps).toBeLessThan(1.2 * M);
    expect(camera.decisionAt(19_900)?.estimateBps).toBeGreaterThan(2.8 * M);
  });

  it("that asks for less than its network carries has its pictures spread, and hardly a queue", () => {
    const reports = { rembBps: 2.5 * M };
    const camera = run({ durationMs: 40_000, link: link(3 * M), cameras: [{}], maxBps: 6 * M, reports }, seed);
    expect(camera.decisionAt(39_000)).toMatchObject({ limitedBy: "remb", tight: true });
    expect(camera.queueMs(0.95, 18_000, 40_000)).toBeLessThan(18);
  });
});
