import { describe, expect, it } from "vitest";
import { SCENARIOS } from "../../support/network-sim/scenarios.ts";
import { simulate } from "../../support/network-sim/simulate.ts";

const WELL_FROM_MS = 30_000;

/** The way stalls now and then for up to so long, and is well after. The viewer modelled here holds nothing back. */
function run(stallMs: number, seed: number) {
  const { link, ...jitter } = SCENARIOS.jitter;
  const scenario = {
    ...jitter,
    name: "stalls, then none",
    durationMs: 75_000,
    maxBps: 2_500_000,
    link: { ...link, stallMs, stallsUntilMs: WELL_FROM_MS },
  };
  const [camera] = simulate(scenario, seed).cameras;
  if (!camera) throw new Error("no camera");
  return {
    frozenMs: camera.longestFreezeMs(5_000, WELL_FROM_MS),
    playoutMs: (atMs: number) => camera.decisionAt(atMs)?.playoutMs ?? -1,
    greatestMs: Math.max(...Array.from({ length: 70 }, (_, i) => camera.decisionAt(1_000 * (i + 1))?.playoutMs ?? -1)),
  };
}

describe.each([1, 2, 3])("the playout delay over a whole network, seed %d", (seed) => {
  it("is raised where none would freeze the picture, and is none again when the network is well", () => {
    const { frozenMs, playoutMs, greatestMs } = run(500, seed);
    expect(frozenMs).toBeGreaterThan(300);
    expect(playoutMs(1_000)).toBe(0);
    expect(greatestMs).toBeGreaterThan(0.7 * frozenMs);
    expect(playoutMs(74_900)).toBe(0);
  });

  it.each([
    ["stays none where packets are overtaken, and none is lost", { overtaken: { share: 0.01, byMs: 15 } }, 0],
    ["is raised where they are lost", { loss: 0.01 }, 160],
  ])("from 200 ms away %s", (_, more, expected) => {
    const link = { ...SCENARIOS.longWay.link, rateBps: () => 10_000_000, ...more };
    const scenario = { ...SCENARIOS.longWay, name: "far away", maxBps: 2_500_000, link };
    const [camera] = simulate(scenario, seed).cameras;
    const delaysMs = Array.from({ length: 39 }, (_, i) => camera?.decisionAt(1_000 * (i + 1))?.playoutMs);
    expect(Math.max(...delaysMs.map((ms) => ms ?? -1))).toBe(expected);
  });

  it("stays none where the picture only hesitates", () => {
    const { frozenMs, greatestMs } = run(80, seed);
    expect(frozenMs).toBeLessThan(150);
    expect(greatestMs).toBe(0);
  });
});
