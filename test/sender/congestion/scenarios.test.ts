import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { FALLS_AT_MS, HEALS_AT_MS, SCENARIOS } from "../../support/network-sim/scenarios.ts";
import { type Measured, type Outcome, simulate } from "../../support/network-sim/simulate.ts";
import { tableOf, WARM_UP_MS } from "../../support/network-sim/table.ts";

type Name = keyof typeof SCENARIOS;

const SEEDS = [1, 2, 3];
const LINK_BPS = 3_000_000;
const PAGE = new URL("../../../docs/congestion.md", import.meta.url);

const outcomes = new Map<string, Outcome>();

/** Each scenario is run once for each seed, whoever asks. */
function run(name: Name, seed: number): Outcome {
  const key = `${name} ${seed}`;
  const outcome = outcomes.get(key) ?? simulate(SCENARIOS[name], seed);
  outcomes.set(key, outcome);
  return outcome;
}

function camera(name: Name, seed: number): Measured {
  const [first] = run(name, seed).cameras;
  if (!first) throw new Error(`${name} has no camera`);
  return first;
}

/** Delivered of what the link carries, after the start. */
function used(name: Name, seed: number, fromMs = WARM_UP_MS, toMs: number = SCENARIOS[name].durationMs): number {
  return camera(name, seed).deliveredBps(fromMs, toMs) / run(name, seed).capacityBps(fromMs, toMs);
}

function queueP95Ms(name: Name, seed: number, fromMs = WARM_UP_MS): number {
  return camera(name, seed).queueMs(0.95, fromMs, SCENARIOS[name].durationMs);
}

describe("in the sixteen seconds after a second flow came", () => {
  const scenario = { ...SCENARIOS.twoFlows, durationMs: 24_000, cameras: [{}, { startMs: 8_000 }] };
  const runs = Array.from({ length: 30 }, (_, i) => simulate(scenario, i + 1));

  it("the lesser has 0.85 of the greater, most often", () => {
    const shares = runs.map(({ cameras }) => {
      const rates = cameras.map((flow) => flow.deliveredBps(9_000, 24_000));
      return Math.min(...rates) / Math.max(...rates);
    });
    shares.sort((a, b) => a - b);
    expect(shares[15]).toBeGreaterThanOrEqual(0.85);
    expect(shares[6]).toBeGreaterThanOrEqual(0.75);
  });

  it("the queue of its coming is drained, so that p95 is below 120 ms in nine of ten runs", () => {
    const queues = runs.map(({ cameras }) => cameras[0]?.queueMs(0.95, 8_000, 24_000) ?? Number.POSITIVE_INFINITY);
    queues.sort((a, b) => a - b);
    expect(queues[27]).toBeLessThan(120);
  });
});

describe.each(SEEDS)("seed %d", (seed) => {
  it.each<[Name, number, number]>([
    ["steady", 0.85, 60],
    ["steadySlow", 0.85, 95],
    ["fast", 0.85, 60],
    ["deep", 0.85, 60],
    ["longWay", 0.85, 60],
    ["jitter", 0.83, 70],
    ["jitterBefore", 0.85, 60],
    ["feedbackLoss", 0.82, 120],
    ["stalls", 0.5, 90],
    ["ramp", 0.8, 100],
    ["shallow", 0.78, 40],
    ["burstLoss", 0.68, 60],
  ])("%s: uses at least %d of the link, with a p95 queue below %d ms", (name, share, queueMs) => {
    expect(used(name, seed)).toBeGreaterThanOrEqual(share);
    expect(queueP95Ms(name, seed)).toBeLessThan(queueMs);
  });

  it("a link that is wider than the camera needs is left alone", () => {
    expect(camera("wide", seed).deliveredBps(WARM_UP_MS, 40_000)).toBeGreaterThan(2_400_000);
    expect(camera("wide", seed).decisionAt(39_000)).toMatchObject({ tight: false });
    expect(queueP95Ms("wide", seed)).toBeLessThan(15);
  });

  it("drop: under the new rate within 1 s, without a freeze, and soon without a queue", () => {
    const flow = camera("drop", seed);
    expect(flow.sentBps(FALLS_AT_MS + 1_000, FALLS_AT_MS + 2_000)).toBeLessThan(500_000);
    expect(flow.longestFreezeMs(FALLS_AT_MS - 1_000, 40_000)).toBeLessThan(1_000);
    expect(queueP95Ms("drop", seed, FALLS_AT_MS + 4_000)).toBeLessThan(150);
    expect(used("drop", seed, FALLS_AT_MS + 5_000)).toBeGreaterThan(0.85);
  });

  it.each([20_000, HEALS_AT_MS, 32_000, 45_000])("healing at %d ms: back above nine tenths within 5 s", (healsAtMs) => {
    const { link, ...heal } = SCENARIOS.heal;
    const rateBps = (atMs: number) => (atMs < healsAtMs ? link.rateBps(Math.min(atMs, FALLS_AT_MS)) : LINK_BPS);
    const untilMs = healsAtMs + 12_000;
    const { cameras } = simulate({ ...heal, durationMs: untilMs, link: { ...link, rateBps } }, seed);
    const backAtMs = cameras[0]?.reachedAtMs(0.9 * LINK_BPS, healsAtMs, untilMs) ?? Number.POSITIVE_INFINITY;
    expect(backAtMs - healsAtMs).toBeLessThanOrEqual(5_000);
    expect(cameras[0]?.queueMs(0.95, healsAtMs, untilMs)).toBeLessThan(150);
  });

  it.each<Name>(["steady", "jitter", "jitterBefore"])("%s: most of the link is in use soon after the start", (name) => {
    expect(used(name, seed, 500, 4_000)).toBeGreaterThan(0.8);
  });

  it("3 % random loss costs at most 15 %", () => {
    expect(used("randomLoss", seed)).toBeGreaterThanOrEqual(0.85 * used("steady", seed));
  });

  it("bursts of losses do not freeze the picture", () => {
    expect(camera("burstLoss", seed).frozenMs(WARM_UP_MS, 40_000)).toBeLessThan(250);
  });

  it("two flows come within 30 % of each other, and leave nothing unused", () => {
    const rates = run("twoFlows", seed).cameras.map((flow) => flow.deliveredBps(60_000, 120_000));
    expect(Math.min(...rates) / Math.max(...rates)).toBeGreaterThanOrEqual(0.7);
    expect(rates.reduce((sum, rate) => sum + rate, 0)).toBeGreaterThan(0.85 * LINK_BPS);
  });

  it("against TCP neither starves", () => {
    expect(camera("tcp", seed).deliveredBps(20_000, 60_000)).toBeGreaterThan(0.25 * LINK_BPS);
    expect(run("tcp", seed).tcpBps(20_000, 60_000)).toBeGreaterThan(0.25 * LINK_BPS);
  });

  it("an application-limited start holds nothing up when the source wants more", () => {
    const flow = camera("applicationLimited", seed);
    expect(flow.sentBps(5_000, 15_000)).toBeLessThan(400_000);
    expect(flow.reachedAtMs(0.85 * LINK_BPS, 15_000, 40_000) - 15_000).toBeLessThanOrEqual(6_000);
  });

  it("an idle source keeps its estimate, and neither raises nor starves", () => {
    const flow = camera("idlePhases", seed);
    expect(flow.decisionAt(31_900)?.estimateBps).toBeGreaterThan(0.6 * LINK_BPS);
    expect(flow.decisionAt(31_900)?.estimateBps).toBeLessThan(1.3 * LINK_BPS);
    expect(used("idlePhases", seed, 33_000, 39_000)).toBeGreaterThan(0.75);
  });
});

it("the same seed gives the same run", () => {
  const again = simulate(SCENARIOS.jitter, 1).cameras[0];
  expect(again?.deliveredBps(0, 40_000)).toBe(camera("jitter", 1).deliveredBps(0, 40_000));
});

// To write the page's table anew: WRITE_SIMULATED=1 npm test -- test/sender/congestion/scenarios.test.ts
it("the page's table has every scenario", () => {
  const page = readFileSync(PAGE, "utf8");
  const [before, , after] = page.split(/<!-- simulated -->\n|<!-- \/simulated -->/);
  if (process.env.WRITE_SIMULATED) {
    const table = tableOf((name) => SEEDS.map((seed) => run(name, seed)));
    writeFileSync(PAGE, `${before}<!-- simulated -->\n${table}<!-- /simulated -->${after}`);
  }
  const written = readFileSync(PAGE, "utf8");
  const missing = Object.values(SCENARIOS).filter(({ name }) => !written.includes(`| ${name} |`));
  expect(missing.map(({ name }) => name)).toEqual([]);
});
