import { describe, expect, it } from "vitest";
import { ApplicationLimit } from "../../../src/sender/congestion/alr.ts";
import { ProbeControl, type ProbeInput } from "../../../src/sender/congestion/probe.ts";
import { ProbeEstimator } from "../../../src/sender/congestion/probe-estimator.ts";

const input = (changes: Partial<ProbeInput> = {}): ProbeInput => ({
  estimateBps: 1_000_000,
  maxBps: 20_000_000,
  applicationLimited: false,
  overused: false,
  queueMs: 0,
  overusedAtMs: Number.NEGATIVE_INFINITY,
  ...changes,
});

/** When it probes and how fast, asked every 100 ms; `answer` is what each probe finds. */
function probes(
  control: ProbeControl,
  { fromMs = 0, seconds = 30, answer }: { fromMs?: number; seconds?: number; answer?: (bps: number) => number },
  changes: Partial<ProbeInput> = {},
): [number, number][] {
  const asked: [number, number][] = [];
  for (let nowMs = fromMs; nowMs < fromMs + seconds * 1_000; nowMs += 100) {
    const probe = control.tick(input(changes), nowMs);
    if (!probe) continue;
    asked.push([nowMs, probe.bitrateBps]);
    const estimateBps = changes.estimateBps ?? 1_000_000;
    if (answer) control.onResult({ cluster: probe.cluster, bitrateBps: answer(probe.bitrateBps) }, estimateBps, nowMs);
  }
  return asked;
}

describe("probing", () => {
  it("at the start goes up exponentially while the probes come through", () => {
    const link = (bps: number) => Math.min(bps, 8_000_000);
    expect(probes(new ProbeControl(), { seconds: 2, answer: link }).map(([, bps]) => bps / 1e6)).toEqual([3, 6, 12]);
  });

  it("that is the first is too short to be believed when it comes through slowly: a longer one follows at once", () => {
    const control = new ProbeControl();
    const first = control.tick(input(), 0);
    control.onResult({ cluster: first?.cluster ?? 0, bitrateBps: 1_600_000 }, 1_000_000, 50);
    const second = control.tick(input({ estimateBps: 1_600_000 }), 100);
    expect(second?.bitrateBps).toBe(3_200_000);
    expect(second?.bytes).toBeGreaterThan(2 * (first?.bytes ?? 0));
    control.onResult({ cluster: second?.cluster ?? 0, bitrateBps: 1_700_000 }, 1_600_000, 150);
    expect(control.tick(input({ estimateBps: 1_700_000 }), 200)).toBeUndefined();
  });

  it("asks for more at once when more is wanted than was", () => {
    const control = new ProbeControl();
    probes(control, { answer: (bps) => bps, seconds: 1 }, { estimateBps: 300_000, maxBps: 700_000 });
    const link = { estimateBps: 700_000, maxBps: 700_000 };
    expect(control.tick(input(link), 40_000)).toBeUndefined();
    expect(control.tick(input({ ...link, maxBps: 8_000_000 }), 40_100)?.bitrateBps).toBe(1_400_000);
    const narrow = new ProbeControl();
    probes(narrow, { answer: () => 500_000 }, { estimateBps: 500_000, maxBps: 1_000_000 });
    expect(narrow.tick(input({ estimateBps: 500_000, maxBps: 2_000_000 }), 40_100)).toBeUndefined();
  });

  it("ends at what anybody wants", () => {
    expect(
      probes(new ProbeControl(), { seconds: 2, answer: (bps) => bps }, { maxBps: 4_000_000 }).map(
        ([, bps]) => bps / 1e6,
      ),
    ).toEqual([3, 4]);
  });

  it("of a new link is repeated for a few seconds, and not after", () => {
    const asked = probes(new ProbeControl(), { answer: () => 1_000_000 });
    expect(asked).toEqual([[0, 3_000_000], ...[2_000, 4_000, 6_000, 8_000].map((atMs) => [atMs, 2_000_000])]);
  });

  it("of a new link waits until the first keyframe is through", () => {
    const control = new ProbeControl();
    expect(probes(control, { seconds: 1 }, { overused: true, queueMs: 90 })).toEqual([]);
    expect(probes(control, { fromMs: 1_000, seconds: 1 }, { queueMs: 60 })).toEqual([]);
    expect(probes(control, { fromMs: 2_000, seconds: 1 })).toEqual([[2_000, 3_000_000]]);
  });

  it("of an idle source comes every five seconds, at twice the estimate", () => {
    const control = new ProbeControl();
    control.tick(input(), 0);
    const asked = probes(control, { fromMs: 1_000, answer: () => 1_000_000 }, { applicationLimited: true });
    const settled = asked.map(([atMs]) => atMs).filter((atMs) => atMs >= 10_000);
    expect(settled).toEqual([13_000, 18_000, 23_000, 28_000]);
    expect(new Set(asked.map(([, bps]) => bps))).toEqual(new Set([2_000_000]));
  });

  it.each([
    ["a queue stands", { queueMs: 40 }],
    ["the link is over-used", { overused: true }],
    ["it was over-used just now", { overusedAtMs: 1e9 }],
    ["the estimate is all that is wanted", { maxBps: 1_000_000 }],
  ])("waits while %s", (_why, changes) => {
    const control = new ProbeControl();
    control.tick(input(), 0);
    expect(probes(control, { fromMs: 1_000 }, { applicationLimited: true, ...changes })).toEqual([]);
  });

  it("after a fall asks every three seconds whether the link has healed, up to what it carried", () => {
    const control = new ProbeControl();
    control.tick(input(), 0);
    control.onDeepFall(1_500_000, 1_000);
    const asked = probes(control, { fromMs: 1_000, seconds: 10, answer: () => 1_000_000 });
    expect(asked).toEqual([
      [4_000, 1_500_000],
      [7_000, 1_500_000],
      [10_000, 1_500_000],
    ]);
  });

  it("that took from another flow is tried less and less", () => {
    const control = new ProbeControl();
    control.tick(input(), 0);
    control.onDeepFall(3_000_000, 0);
    const times: number[] = [];
    for (let nowMs = 0; nowMs < 60_000; nowMs += 100) {
      const probe = control.tick(input(), nowMs);
      if (!probe) continue;
      times.push(nowMs);
      control.onResult({ cluster: probe.cluster, bitrateBps: 2_000_000 }, 1_000_000, nowMs);
      control.onOveruse(0.6, nowMs + 50);
    }
    expect(times).toEqual([3_000, 9_000, 21_000]);
  });
});

describe("a probe's result", () => {
  const sized = (count: number, sentMs: number) =>
    Array.from({ length: count }, (_, i) => ({
      sequenceNumber: i,
      bytes: 1_000,
      kind: "padding" as const,
      probeCluster: 7,
      sentAtMs: i * sentMs,
    }));

  /** Packets of 1,000 bytes sent every `sentMs`, arriving when `arrivalOf` says. */
  function measured(count: number, sentMs: number, arrivalOf: (i: number) => number, lost = 0): number | undefined {
    const estimator = new ProbeEstimator();
    const packets = sized(count, sentMs);
    estimator.onStarted({ cluster: 7, bitrateBps: 1, bytes: count * 1_000 }, 0);
    for (const packet of packets) estimator.onSent(packet);
    const arrived = packets.slice(lost).map((packet, i) => ({ packet, arrivalMs: 500 + arrivalOf(i) }));
    return estimator.onReceived(arrived)[0]?.bitrateBps;
  }

  it.each([
    ["what was sent, on a link that carries more", 8, 2, 2, 4_000_000],
    ["the link's rate, on one that carries less", 8, 2, 4, 0.95 * 2_000_000],
    ["the link's rate, of a picture sent at once", 8, 0, 4, 0.95 * 2_000_000],
    ["nothing, when a stall let all go at once", 8, 2, 0.5, undefined],
    ["nothing, of a few packets", 3, 2, 2, undefined],
  ])("is %s", (_what, count, sentMs, arrivedMs, expected) => {
    expect(measured(count, sentMs, (i) => i * arrivedMs)).toEqual(
      expected === undefined ? undefined : expect.closeTo(expected, 0),
    );
  });

  it.each([
    ["less than was sent", 4, true],
    ["all of it", 2, false],
  ])("tells whether the link carried %s", (_what, arrivedMs, full) => {
    const estimator = new ProbeEstimator();
    estimator.onStarted({ cluster: 7, bitrateBps: 1, bytes: 8_000 }, 0);
    const packets = sized(8, 2);
    for (const packet of packets) estimator.onSent(packet);
    const results = estimator.onReceived(packets.map((packet, i) => ({ packet, arrivalMs: 500 + i * arrivedMs })));
    expect(results).toMatchObject([{ cluster: 7, full }]);
  });

  it("is the link's rate where the link lets the first packets pass at any rate", () => {
    const bucket = 5;
    expect(measured(15, 2, (i) => 2 * i + Math.max(0, i - bucket) * 2)).toBeCloseTo(0.95 * 2_000_000, -3);
  });

  it("is not spoiled by a pause of the sender's own near its end", () => {
    const estimator = new ProbeEstimator();
    estimator.onStarted({ cluster: 7, bitrateBps: 1, bytes: 9_000 }, 0);
    const packets = sized(9, 2).map((packet, i) => ({ ...packet, sentAtMs: 2 * i + (i > 6 ? 20 : 0) }));
    for (const packet of packets) estimator.onSent(packet);
    // The second one was held up a little, so that the whole looks slower than it left.
    const results = estimator.onReceived(
      packets.map((packet, i) => ({ packet, arrivalMs: 500 + packet.sentAtMs + (i > 0 ? 5 : 0) })),
    );
    expect(results[0]?.bitrateBps).toBeGreaterThan(1_400_000);
  });

  it("bears a lost packet in ten, not in three", () => {
    expect(measured(10, 2, (i) => 2 * i, 1)).toBeCloseTo(4_000_000, -3);
    expect(measured(9, 2, (i) => 2 * i, 3)).toBeUndefined();
  });

  it("is waited for until all of the probe has left", () => {
    const estimator = new ProbeEstimator();
    estimator.onStarted({ cluster: 7, bitrateBps: 1, bytes: 10_000 }, 0);
    const packets = sized(10, 2);
    const arrivals = packets.map((packet) => ({ packet, arrivalMs: 500 + packet.sentAtMs }));
    for (const packet of packets.slice(0, 5)) estimator.onSent(packet);
    expect(estimator.onReceived(arrivals.slice(0, 5))).toEqual([]);
    for (const packet of packets.slice(5)) estimator.onSent(packet);
    expect(estimator.onReceived(arrivals.slice(5))).toHaveLength(1);
  });
});

it("a probe that told nothing is repeated at once, but not without end", () => {
  const control = new ProbeControl();
  const asked: number[] = [];
  for (let nowMs = 0; nowMs < 1_000; nowMs += 100) {
    const probe = control.tick(input(), nowMs);
    if (!probe) continue;
    asked.push(probe.bitrateBps);
    control.onResult({ cluster: probe.cluster }, 1_000_000, nowMs);
  }
  expect(asked).toEqual([3_000_000, 3_000_000, 3_000_000]);
});

it("a probe is long enough to outlast what a shaper lets pass at once, save the first", () => {
  const control = new ProbeControl();
  const first = control.tick(input({ maxBps: 20_000_000 }), 0);
  expect(first?.bytes).toBe(6_000);
  control.onResult({ cluster: first?.cluster ?? 0, bitrateBps: 3_000_000 }, 1_000_000, 100);
  expect(control.tick(input({ maxBps: 20_000_000, estimateBps: 3_000_000 }), 200)?.bytes).toBe(8_000 + 11_250);
});

describe("application-limited detection", () => {
  /** Sends at a rate for a while, by the picture. */
  function send(alr: ApplicationLimit, bitrateBps: number, fromMs: number, toMs: number): boolean {
    for (let atMs = fromMs; atMs < toMs; atMs += 33) alr.update((bitrateBps * 0.033) / 8, 1_000_000, atMs);
    return alr.limited;
  }

  it.each([
    [0.2, true],
    [0.5, true],
    [0.75, false],
    [1.0, false],
  ])("of a source that uses %d of its rate: %s", (used, limited) => {
    expect(send(new ApplicationLimit(), used * 1_000_000, 0, 5_000)).toBe(limited);
  });

  it("ends within a second of the source's coming back", () => {
    const alr = new ApplicationLimit();
    expect(send(alr, 100_000, 0, 5_000)).toBe(true);
    expect(send(alr, 1_000_000, 5_000, 6_000)).toBe(false);
  });

  it("notices silence by the time alone", () => {
    const alr = new ApplicationLimit();
    send(alr, 1_000_000, 0, 2_000);
    for (let atMs = 2_000; atMs < 4_000; atMs += 25) alr.update(0, 1_000_000, atMs);
    expect(alr.limited).toBe(true);
  });
});
