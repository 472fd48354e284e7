import { describe, expect, it } from "vitest";
import { Backoff } from "../../src/sender/backoff.ts";
import { Overrun } from "../../src/sender/capture/overrun.ts";
import { Thinner } from "../../src/sender/capture/thinner.ts";
import { KeyframeGate, type KeyframeNeed } from "../../src/sender/encode/keyframe-gate.ts";
import { Random } from "../support/random.ts";

describe("the keyframe gate", () => {
  it("is shut until somebody asks, then open until one was made", () => {
    const gate = new KeyframeGate();
    expect(gate.due(0)).toBe(false);
    gate.request("join");
    expect([gate.due(0), gate.due(1)]).toEqual([true, true]);
    gate.made(1);
    expect(gate.due(10_000)).toBe(false);
  });

  it("opens at once when nobody got the last one", () => {
    const gate = new KeyframeGate();
    gate.request("join");
    gate.made(1_000);
    gate.request("join");
    expect(gate.due(1_010)).toBe(false);
    gate.request("unseen");
    expect(gate.due(1_010)).toBe(true);
    gate.made(1_010);
    gate.request("join");
    expect(gate.due(1_020)).toBe(false);
  });

  it("gives many who ask at once one keyframe, and those who ask after it another, a little later", () => {
    const gate = new KeyframeGate();
    for (let i = 0; i < 30; i++) gate.request("join");
    gate.made(1_000);
    gate.request("join");
    expect([1_001, 1_149, 1_150].map((nowMs) => gate.due(nowMs))).toEqual([false, false, true]);
  });

  /** When keyframes are made of a rung that is looked at every 10 ms. */
  function made(untilMs: number, needsAt: (nowMs: number) => KeyframeNeed[]): number[] {
    const gate = new KeyframeGate();
    const times: number[] = [];
    for (let nowMs = 0; nowMs < untilMs; nowMs += 10) {
      for (const need of needsAt(nowMs)) gate.request(need);
      if (!gate.due(nowMs)) continue;
      gate.made(nowMs);
      times.push(nowMs);
    }
    return times;
  }

  it("makes three at once for viewers in trouble, then one a second, however many they are", () => {
    expect(made(4_000, () => ["repair", "repair"])).toEqual([0, 150, 300, 1_000, 2_000, 3_000]);
  });

  it("makes the one that waits for its second without being asked again", () => {
    expect(made(3_000, (nowMs) => (nowMs < 400 ? ["repair"] : []))).toEqual([0, 150, 300, 1_000]);
  });

  it("lets nobody who comes wait for those in trouble, who are helped by it too", () => {
    const needs = (nowMs: number): KeyframeNeed[] =>
      nowMs === 600 ? ["join", "repair"] : nowMs < 610 ? ["repair"] : [];
    expect(made(3_000, needs)).toEqual([0, 150, 300, 600]);
  });

  it("has three again after quiet seconds", () => {
    expect(made(5_800, (nowMs) => (nowMs < 310 || nowMs >= 5_000 ? ["repair"] : [])).slice(3)).toEqual([
      5_000, 5_150, 5_300,
    ]);
  });

  it("counts keyframes that nobody asked for", () => {
    const gate = new KeyframeGate();
    gate.made(1_000);
    gate.request("join");
    expect([gate.due(1_100), gate.due(1_150)]).toEqual([false, true]);
  });
});

describe("the thinner", () => {
  /** Which pictures of a camera it keeps, as indices. */
  function kept(cameraFps: number, fps: number, seconds: number, jitterMs = 0): number[] {
    const random = new Random(3);
    const thinner = new Thinner(fps);
    const count = Math.round(cameraFps * seconds);
    const times = Array.from({ length: count }, (_, i) => (i * 1_000) / cameraFps + (random.next() - 0.5) * jitterMs);
    return times.flatMap((atMs, i) => (thinner.keep(atMs) ? [i] : []));
  }

  it.each([
    [30, 15, 0],
    [30, 10, 0],
    [60, 30, 8],
    [30, 24, 4],
    [29.97, 15, 10],
    [30, 1, 10],
    [25, 25, 10],
    [15, 30, 10],
  ])("of %d fps keeps at most %d, with a jitter of %d ms, and no fewer than that", (cameraFps, fps, jitterMs) => {
    const seconds = 20;
    const wanted = Math.min(fps, cameraFps) * seconds;
    const { length } = kept(cameraFps, fps, seconds, jitterMs);
    expect(length).toBeLessThanOrEqual(wanted + 2);
    expect(length).toBeGreaterThanOrEqual(wanted * 0.95);
  });

  it("keeps them evenly spaced", () => {
    expect(kept(30, 15, 1).map((i) => i % 2)).toEqual(Array(15).fill(0));
    expect(kept(30, 10, 1, 6).every((index, i) => index === i * 3)).toBe(true);
  });

  it("keeps the first picture, and makes up for no pause", () => {
    const thinner = new Thinner(10);
    expect(thinner.keep(5_000)).toBe(true);
    expect(thinner.keep(5_033)).toBe(false);
    expect(thinner.keep(60_000)).toBe(true);
    expect([60_010, 60_020, 60_030].map((atMs) => thinner.keep(atMs))).toEqual([false, false, false]);
  });
});

describe("a camera that gives more than it said", () => {
  const noticed = (saysFps: number, givesFps: number, seconds = 10) => {
    const overrun = new Overrun(saysFps);
    return Array.from({ length: givesFps * seconds }, (_, i) => overrun.update((i * 1_000) / givesFps)).includes(true);
  };

  it.each([
    [15, 30, true],
    [30, 37, true],
    [30, 33, false],
    [30, 30, false],
    [30, 15, false],
    [1, 1, false],
    [1, 2, true],
  ])("that says %d fps and gives %d: noticed is %s", (saysFps, givesFps, expected) => {
    expect(noticed(saysFps, givesFps)).toBe(expected);
  });

  const second = (startMs: number, fps: number) => Array.from({ length: fps }, (_, i) => startMs + (i * 1_000) / fps);

  it.each([300, 600, 1_000, 1_600, 2_900])(
    "is none that stalls and makes up for it at once, from %d ms on",
    (fromMs) => {
      const overrun = new Overrun(30);
      for (const gapMs of [500, 1_000, 3_000]) {
        const before = [0, 1_000, 2_000].flatMap((startMs) => second(startMs, 30)).filter((atMs) => atMs < fromMs);
        const endMs = fromMs + gapMs;
        const held = Array.from({ length: Math.floor((gapMs * 30) / 1_000) }, () => endMs);
        const after = [0, 1, 2, 3, 4, 5, 6, 7].flatMap((i) => second(endMs + i * 1_000, 30));
        const startMs = gapMs * 100;
        const seen = [...before, ...held, ...after].map((atMs) => overrun.update(startMs + atMs));
        expect(seen.indexOf(true)).toBe(-1);
      }
    },
  );

  it("is believed again once it keeps to what it said", () => {
    const overrun = new Overrun(30);
    const times = Array.from({ length: 16 }, (_, i) => second(i * 1_000, i < 8 ? 60 : 30)).flat();
    const seen = times.map((atMs) => overrun.update(atMs));
    expect([seen.includes(true), seen.at(-1)]).toEqual([true, false]);
  });
});

describe("the wait between attempts", () => {
  it.each([
    ["least", () => 0, [125, 250, 500, 1_000, 2_000, 4_000, 4_000]],
    ["greatest", () => 1, [250, 500, 1_000, 2_000, 4_000, 8_000, 8_000]],
  ])("doubles up to its end, at %s", (_name, random, waits) => {
    const backoff = new Backoff({ random });
    expect(waits.map(() => backoff.next())).toEqual(waits);
  });

  it("starts over when it went well", () => {
    const backoff = new Backoff({ firstMs: 100, maxMs: 1_000, random: () => 1 });
    expect([backoff.next(), backoff.next()]).toEqual([100, 200]);
    backoff.reset();
    expect(backoff.next()).toBe(100);
  });

  it("stays finite after very many", () => {
    const backoff = new Backoff({ maxMs: 1_000, random: () => 1 });
    for (let i = 0; i < 5_000; i++) backoff.next();
    expect(backoff.next()).toBe(1_000);
  });

  it("is spread, so that a fleet does not come back all at once", () => {
    const waits = Array.from({ length: 200 }, () => new Backoff({ firstMs: 1_000 }).next());
    expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThan(100);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(500);
    expect(Math.max(...waits)).toBeLessThanOrEqual(1_000);
  });
});
