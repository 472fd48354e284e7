import { describe, expect, it } from "vitest";
import { ProbeControl, type ProbeInput } from "../../../src/sender/congestion/probe.ts";

const input = (changes: Partial<ProbeInput> = {}): ProbeInput => ({
  estimateBps: 1_000_000,
  maxBps: 20_000_000,
  applicationLimited: false,
  overused: false,
  queueMs: 0,
  overusedAtMs: Number.NEGATIVE_INFINITY,
  ...changes,
});

/** One that has probed its link at 0 and found nothing. */
function settled(): ProbeControl {
  const control = new ProbeControl();
  const first = control.tick(input(), 0);
  control.onResult({ cluster: first?.cluster ?? 0, bitrateBps: 1_000_000 }, 1_000_000, 100);
  return control;
}

/** When it probes and how fast, asked every 100 ms; `answer` is what each probe finds, nothing where it is lost. */
function probes(
  control: ProbeControl,
  { fromMs, seconds, answer }: { fromMs: number; seconds: number; answer: (bps: number) => number | undefined },
  changes: Partial<ProbeInput> = {},
): [number, number][] {
  const asked: [number, number][] = [];
  const { estimateBps } = input(changes);
  for (let nowMs = fromMs; nowMs < fromMs + seconds * 1_000; nowMs += 100) {
    const probe = control.tick(input(changes), nowMs);
    if (!probe) continue;
    asked.push([nowMs, probe.bitrateBps]);
    const bitrateBps = answer(probe.bitrateBps);
    if (bitrateBps !== undefined) control.onResult({ cluster: probe.cluster, bitrateBps }, estimateBps, nowMs);
  }
  return asked;
}

describe("probing after a fall", () => {
  it("that nobody measured begins with most of what was there, once the link is quiet", () => {
    const control = settled();
    control.onUnmeasuredFall(3_000_000, 20_000);
    const still = { estimateBps: 300_000, overusedAtMs: 20_000 };
    const found = { answer: () => 300_000 };
    expect(probes(control, { ...found, fromMs: 20_000, seconds: 1 }, { ...still, queueMs: 40 })).toEqual([]);
    expect(probes(control, { ...found, fromMs: 21_000, seconds: 5 }, still)).toEqual([
      [21_500, 2_550_000],
      [24_500, 600_000],
    ]);
  });

  it("is not tried in silence, and begins with half of what was there as soon as something is heard", () => {
    const control = settled();
    const little = { estimateBps: 200_000 };
    const back = (bps: number) => Math.min(bps, 1_500_000);
    for (let i = 0; i < 12; i++) control.onSilence(Math.max(3_000_000 * 0.6 ** i, 100_000), 20_000 + 500 * i);
    expect(probes(control, { fromMs: 26_000, seconds: 10, answer: back }, little)).toEqual([]);
    control.onHeard();
    expect(probes(control, { fromMs: 36_000, seconds: 1, answer: back }, little)).toEqual([
      [36_000, 1_500_000],
      [36_100, 3_000_000],
    ]);
  });

  it("asks for all of it after a silence that took less than half", () => {
    const control = settled();
    control.onSilence(3_000_000, 20_000);
    control.onHeard();
    expect(control.tick(input({ estimateBps: 1_800_000 }), 20_100)?.bitrateBps).toBe(3_000_000);
  });

  it("is tried ever less often, up to once a minute, where it finds nothing or is lost, and as before where it does", () => {
    const narrow = (found?: number) => {
      const control = settled();
      control.onDeepFall(3_000_000, 20_000);
      const asked = probes(control, { fromMs: 20_000, seconds: 240, answer: () => found }, { estimateBps: 500_000 });
      const timesMs = asked.map(([atMs]) => atMs);
      return timesMs.slice(1).map((atMs, i) => (atMs - (timesMs[i] ?? 0)) / 1_000);
    };
    const early = Array<number>(8).fill(3);
    for (const found of [550_000, undefined]) expect(narrow(found)).toEqual([...early, 5, 5, 10, 20, 40, 60, 60]);
    expect(new Set(narrow(650_000).slice(9))).toEqual(new Set([5]));
  });

  it("is tried as often as before where its answers come late, for they are taken all the same", () => {
    const control = settled();
    control.onDeepFall(30_000_000, 20_000);
    const estimateBps = 500_000;
    const asked: number[] = [];
    let awaited: { cluster: number; atMs: number } | undefined;
    for (let nowMs = 51_000; nowMs < 111_000; nowMs += 100) {
      if (awaited && nowMs - awaited.atMs === 1_100) {
        control.onResult({ cluster: awaited.cluster, bitrateBps: 1_000_000 }, estimateBps, nowMs);
      }
      const probe = control.tick(input({ estimateBps }), nowMs);
      if (!probe) continue;
      asked.push(nowMs);
      awaited = { cluster: probe.cluster, atMs: nowMs };
    }
    expect(new Set(asked.slice(1).map((atMs, i) => atMs - (asked[i] ?? 0)))).toEqual(new Set([5_000]));
  });

  it("is to tell whether the link is to be doubted, which is not for ever", () => {
    const control = settled();
    expect(control.isDoubted(20_000)).toBe(false);
    control.onSilence(3_000_000, 20_000);
    control.onHeard();
    control.tick(input({ queueMs: 60 }), 20_100);
    expect([control.isDoubted(22_900), control.isDoubted(23_000)]).toEqual([true, false]);
    control.tick(input(), 22_900);
    expect(control.isDoubted(22_900)).toBe(false);
    control.onDeepFall(3_000_000, 30_000);
    expect(control.isDoubted(30_000)).toBe(false);
  });
});

describe("probing a new path", () => {
  const link = (bps: number) => Math.min(bps, 2_500_000);

  it("begins as with the first one, once something is heard of it, and forgets the fall of the old one", () => {
    const control = settled();
    control.onDeepFall(1_500_000, 18_000);
    control.onNewPath();
    expect(probes(control, { fromMs: 20_000, seconds: 10, answer: link })).toEqual([]);
    control.onHeard();
    const asked = probes(control, { fromMs: 30_000, seconds: 30, answer: () => 1_000_000 });
    expect(asked).toEqual([[30_000, 3_000_000], ...[32_000, 34_000, 36_000, 38_000].map((atMs) => [atMs, 2_000_000])]);
  });

  it("waits where the path is over-used", () => {
    const control = settled();
    control.onNewPath();
    control.onHeard();
    expect(control.tick(input({ overusedAtMs: 20_000 }), 21_000)).toBeUndefined();
    expect(control.tick(input({ overusedAtMs: 20_000 }), 21_500)?.bitrateBps).toBe(3_000_000);
  });

  it("that came with silence asks for what was there before it", () => {
    const control = settled();
    control.onSilence(3_000_000, 20_000);
    control.onNewPath();
    control.onHeard();
    expect(control.tick(input({ estimateBps: 100_000 }), 25_000)?.bitrateBps).toBe(1_500_000);
  });
});
