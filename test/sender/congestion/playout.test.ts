import { describe, expect, it } from "vitest";
import { Playout, type PlayoutSample } from "../../../src/sender/congestion/playout.ts";

/** The delay at the end of each second, with a sample every 50 ms. */
function delays(
  seconds: number,
  sampleAt: (nowMs: number) => Partial<PlayoutSample>,
  playout = new Playout(),
): number[] {
  const ends: number[] = [];
  for (let nowMs = 0; nowMs < seconds * 1_000; nowMs += 50) {
    playout.update({ lost: false, rttMs: 40, competing: false, ...sampleAt(nowMs) }, nowMs);
    if (nowMs % 1_000 === 950) ends.push(playout.delayMs);
  }
  return ends;
}

const every = (periodMs: number, sample: Partial<PlayoutSample>) => (nowMs: number) =>
  nowMs % periodMs === 0 ? sample : {};

describe("the playout delay", () => {
  it.each<[string, (nowMs: number) => Partial<PlayoutSample>]>([
    ["on a quiet network", () => ({ riseMs: 5 })],
    ["with jitter that is no freeze", () => ({ riseMs: 60 })],
    ["with losses that are soon repaired", every(300, { lost: true })],
    ["after one stall", (nowMs) => (nowMs === 3_000 ? { riseMs: 300 } : {})],
    ["with a stall now and then", every(15_000, { riseMs: 300 })],
  ])("is zero %s", (_when, sampleAt) => {
    expect(Math.max(...delays(40, sampleAt))).toBe(0);
  });

  it.each<[string, Partial<PlayoutSample>, number]>([
    ["stalls of 200 ms", { riseMs: 200 }, 120],
    ["losses on a way of 200 ms", { lost: true, rttMs: 200 }, 160],
    ["stalls without measure", { riseMs: 3_000 }, 500],
  ])("with %s is raised until they hardly show", (_what, sample, expected) => {
    expect(delays(20, every(3_000, sample)).at(-1)).toBe(expected);
  });

  it("is zero where one freeze shows in several messages", () => {
    expect(Math.max(...delays(20, (nowMs) => (nowMs >= 3_000 && nowMs < 3_400 ? { riseMs: 300 } : {})))).toBe(0);
  });

  it("covers what comes more than once, not the longest", () => {
    const stalls = new Map([
      [2_000, 200],
      [5_000, 450],
      [8_000, 180],
    ]);
    expect(delays(9, (nowMs) => ({ riseMs: stalls.get(nowMs) ?? 0 })).at(-1)).toBe(120);
  });

  it("is raised after one loss beside another flow, and for one that came before that flow was known", () => {
    const once = (lostAtMs: number, knownAtMs: number) => (nowMs: number) => ({
      lost: nowMs === lostAtMs,
      rttMs: 200,
      competing: nowMs >= knownAtMs,
    });
    expect(delays(5, once(1_000, 0))).toEqual([0, 160, 160, 160, 160]);
    expect(delays(5, once(1_000, 3_000))).toEqual([0, 0, 0, 160, 160]);
  });

  it("is lowered by and by when all is well again, not before", () => {
    const steps = delays(60, (nowMs) => (nowMs <= 12_000 ? every(3_000, { riseMs: 300 })(nowMs) : {}));
    expect(steps[19]).toBe(240);
    expect(steps.filter((ms, i) => ms !== steps[i - 1])).toEqual([0, 240, 120, 60, 0]);
  });

  it("comes down to what smaller stalls need, though they go on", () => {
    const big = new Set([1_000, 5_000]);
    const steps = delays(40, (nowMs) => (big.has(nowMs) ? { riseMs: 550 } : every(2_000, { riseMs: 150 })(nowMs)));
    expect([Math.max(...steps), steps.at(-1)]).toEqual([500, 80]);
  });

  it("changes by a quarter of the time that passes, so that the picture neither stops nor leaps", () => {
    const playout = new Playout();
    const each: number[] = [];
    for (let nowMs = 0; nowMs < 40_000; nowMs += 50) {
      const riseMs = nowMs <= 12_000 && nowMs % 3_000 === 0 ? 300 : 0;
      playout.update({ lost: false, rttMs: 40, competing: false, riseMs }, nowMs);
      each.push(playout.delayMs);
    }
    const changes = each.map((ms, i) => ms - (each[i - 1] ?? 0));
    expect([Math.max(...changes), Math.min(...changes)]).toEqual([20, -20]);
    expect(each.every((ms) => ms % 10 === 0)).toBe(true);
  });

  it("stands where the user put it", () => {
    expect(delays(10, every(1_000, { riseMs: 400 }), new Playout(120)).at(-1)).toBe(120);
    const zero = { lost: true, rttMs: 300, competing: false };
    expect(delays(10, every(1_000, { ...zero, riseMs: 400 }), new Playout(0)).at(-1)).toBe(0);
    expect(new Playout(9_000).delayMs).toBe(500);
  });
});
