import { describe, expect, it } from "vitest";
import { Estimator } from "../../../src/sender/congestion/estimator.ts";

const OPTIONS = { startBps: 1_000_000, minBps: 100_000, maxBps: 4_000_000 };
const FEEDBACK_MS = 50;

/**
 * Sends 30 pictures a second at the target through a link of `capacityBps`, with 20 ms each way and feedback every 50.
 * @param lossyUntilMs every third packet of pictures is lost from 200 ms until then
 */
function session(capacityBps: number, options: Partial<typeof OPTIONS> = {}, pads = true, lossyUntilMs = 0) {
  const estimator = new Estimator({ ...OPTIONS, ...options });
  let number = 0;
  let freeAtMs = 0;
  let pending: { sequenceNumber: number; arrivalMs: number; lost: boolean }[] = [];
  let media = 0;
  const probes: number[] = [];
  let decision = estimator.tick(0);

  function send(bytes: number, nowMs: number, probeCluster?: number): void {
    const sequenceNumber = number++;
    estimator.onSent({ sequenceNumber, bytes, kind: "media", ...(probeCluster ? { probeCluster } : {}) }, nowMs);
    freeAtMs = Math.max(freeAtMs, nowMs) + (bytes * 8_000) / capacityBps;
    const lost = nowMs >= 200 && nowMs < lossyUntilMs && !probeCluster && media++ % 3 === 0;
    pending.push({ sequenceNumber, arrivalMs: freeAtMs + 20, lost });
  }

  /** @param heard whether feedback comes through */
  function run(fromMs: number, toMs: number, heard = true) {
    for (let nowMs = fromMs; nowMs < toMs; nowMs += 25) {
      decision = estimator.tick(nowMs, pads);
      if (decision.probe) {
        probes.push(decision.probe.bitrateBps);
        const { bitrateBps, bytes, cluster } = decision.probe;
        for (let sent = 0; sent < bytes; sent += 250) send(250, nowMs + (sent * 8_000) / bitrateBps, cluster);
      }
      if (nowMs % 50 === 0)
        for (let left = decision.targetBps / 160; left > 0; left -= 1_000) send(Math.min(left, 1_000), nowMs);
      const arrived = pending.filter(({ arrivalMs }) => arrivalMs + 20 <= nowMs);
      if (nowMs % FEEDBACK_MS === 0 && arrived.length > 0) {
        pending = pending.filter(({ arrivalMs }) => arrivalMs + 20 > nowMs);
        const packets = arrived.map(({ lost, arrivalMs, ...packet }) => (lost ? packet : { ...packet, arrivalMs }));
        if (heard) decision = estimator.onFeedback({ packets }, nowMs);
      }
    }
    return decision;
  }

  return { estimator, run, probes };
}

describe("the estimator", () => {
  it("leaves the first picture alone: nothing is paced, nothing is probed before feedback", () => {
    const decision = new Estimator(OPTIONS).tick(0);
    expect(decision).toMatchObject({ targetBps: 1_000_000, tight: false, playoutMs: 0 });
    expect(decision.probe).toBeUndefined();
  });

  it("finds a wide link within a second, and is not tight there", () => {
    const decision = session(20_000_000).run(0, 1_000);
    expect(decision).toMatchObject({ targetBps: 4_000_000, limitedBy: "maximum", tight: false });
  });

  it("finds a narrow one, and is tight there", () => {
    const decision = session(600_000).run(0, 5_000);
    expect(decision.targetBps).toBeLessThan(650_000);
    expect(decision).toMatchObject({ limitedBy: "delay", tight: true });
    expect(decision.pacingBps).toBeCloseTo(2.5 * decision.targetBps, 0);
    expect(decision.keyframePacingBps).toBeCloseTo(1.5 * decision.targetBps, 0);
  });

  it("takes what came through for the link's rate no more when a probe has found more", () => {
    expect(session(20_000_000, {}, true, 500).run(0, 1_025).estimateBps).toBeGreaterThan(3_500_000);
  });

  it("keeps to its bounds when they change", () => {
    const { estimator, run } = session(20_000_000);
    run(0, 2_000);
    estimator.setBounds({ minBps: 100_000, maxBps: 1_500_000 });
    expect(run(2_000, 2_100).targetBps).toBe(1_500_000);
  });

  it("gives way to silence, and comes back after it", () => {
    const { run } = session(20_000_000);
    run(0, 2_000);
    expect(run(2_000, 2_500, false)).toMatchObject({ silent: false });
    expect(run(2_500, 5_000, false)).toMatchObject({ doubted: true, silent: true });
    expect(run(5_000, 5_050, false).targetBps).toBeLessThan(1_000_000);
    expect(run(5_050, 5_150)).toMatchObject({ silent: false });
    expect(run(5_150, 6_000).targetBps).toBeGreaterThan(3_000_000);
  });

  it("is silent until something is heard, though the camera paused meanwhile", () => {
    const { estimator, run } = session(20_000_000);
    run(0, 2_000);
    run(2_000, 4_000, false);
    // The camera pauses.
    for (let nowMs = 4_000; nowMs < 9_000; nowMs += 25) estimator.tick(nowMs);
    expect(estimator.tick(9_000)).toMatchObject({ silent: true });
    expect(run(9_025, 9_500)).toMatchObject({ silent: false });
  });

  it("asks for no probe where nothing can be padded, and tries half of what was there after silence", () => {
    const { run, probes } = session(20_000_000, {}, false);
    const { targetBps } = run(0, 15_000);
    expect(targetBps).toBeGreaterThan(1_500_000);
    expect(run(15_000, 20_000, false).targetBps).toBe(100_000);
    const after = run(20_000, 20_200).targetBps;
    expect(after).toBeGreaterThan(0.4 * targetBps);
    expect(after).toBeLessThan(0.6 * targetBps);
    expect(probes).toEqual([]);
  });

  it("keeps its rate while nothing is sent, though the last packet is never told of", () => {
    const { estimator, run } = session(20_000_000);
    const { targetBps } = run(0, 2_000);
    estimator.onSent({ sequenceNumber: 60_000, bytes: 1_000, kind: "media" }, 2_000);
    let least = targetBps;
    for (let nowMs = 2_000; nowMs < 30_000; nowMs += 25) least = Math.min(least, estimator.tick(nowMs).targetBps);
    expect(least).toBeGreaterThan(0.5 * targetBps);
  });

  it.each([
    ["the sender's clock stood still for a while", 8_020, false],
    ["packets take another path, which is longer", 110, true],
  ])("is not misled where %s", (_, laterMs, told) => {
    const { estimator } = session(20_000_000);
    let number = 0;
    const picture = (nowMs: number, delayMs: number) => {
      const numbers = Array.from({ length: 8 }, () => number++);
      for (const sequenceNumber of numbers) estimator.onSent({ sequenceNumber, bytes: 1_000, kind: "media" }, nowMs);
      const packets = numbers.map((sequenceNumber) => ({ sequenceNumber, arrivalMs: nowMs + delayMs }));
      return estimator.onFeedback({ packets }, nowMs + 40);
    };
    for (let nowMs = 0; nowMs < 10_000; nowMs += 33) picture(nowMs, 20);
    const before = picture(10_000, 20);
    let after = before;
    if (told) estimator.onNewPath(10_010);
    for (let nowMs = 10_033; nowMs < 20_000; nowMs += 33) after = picture(nowMs, laterMs);
    expect(after.queueMs).toBeLessThan(5);
    expect(after.targetBps).toBeGreaterThan(0.8 * before.targetBps);
  });

  it("tells losses and queues once they were measured, and nothing of them before", () => {
    expect(new Estimator(OPTIONS).tick(0)).toMatchObject({ lossKnown: false, queueKnown: false });
    expect(session(20_000_000).run(0, 2_000)).toMatchObject({ lossKnown: true, lossFraction: 0, queueKnown: true });
  });

  it("measures the round trip", () => {
    expect(new Estimator(OPTIONS).tick(0).rttKnown).toBe(false);
    const { rttMs, rttKnown } = session(20_000_000).run(0, 2_000);
    expect(rttKnown).toBe(true);
    expect(rttMs).toBeGreaterThanOrEqual(40);
    expect(rttMs).toBeLessThanOrEqual(100);
  });

  it("measures the round trip of another path by what left on it, though it is longer", () => {
    const estimator = new Estimator(OPTIONS);
    const send = (number: number) => estimator.onSent({ sequenceNumber: number, bytes: 1_000, kind: "media" }, number);
    const hear = (number: number, nowMs: number) =>
      estimator.onFeedback({ packets: [{ sequenceNumber: number, arrivalMs: nowMs }] }, nowMs);
    for (let nowMs = 0; nowMs < 1_000; nowMs += 50) {
      send(nowMs);
      hear(nowMs, nowMs + 30);
    }
    send(1_000);
    estimator.onNewPath(1_010);
    expect(hear(1_000, 1_030)).toMatchObject({ rttMs: 30, rttKnown: false });
    send(1_050);
    // Of a sender report that took the old path out.
    estimator.onReceiverReport({ fractionLost: 0, rttMs: 110 }, 1_300);
    expect(hear(1_050, 1_250)).toMatchObject({ rttMs: 200, rttKnown: true, lossKnown: false });
    expect(estimator.onReceiverReport({ fractionLost: 0, rttMs: 190 }, 3_100)).toMatchObject({ rttMs: 190 });
  });

  it("spreads what leaves more where packets were lost, for ten seconds, and not on another path", () => {
    const estimator = new Estimator(OPTIONS);
    const hear = (number: number, lost = false) => {
      estimator.onSent({ sequenceNumber: number, bytes: 1_000, kind: "media" }, number);
      const arrival = lost ? {} : { arrivalMs: number + 20 };
      const { pacingBps, targetBps } = estimator.onFeedback(
        { packets: [{ sequenceNumber: number, ...arrival }] },
        number,
      );
      return pacingBps / targetBps;
    };
    expect([hear(1_000), hear(1_020, true), hear(11_000), hear(11_040)]).toEqual([2.5, 1.5, 1.5, 2.5]);
    hear(12_000, true);
    estimator.onNewPath(12_010);
    expect(hear(12_020)).toBe(2.5);
  });

  it("obeys a REMB while it is fresh, and probes for no more", () => {
    const { estimator, run, probes } = session(20_000_000);
    run(0, 2_000);
    expect(estimator.onRemb(700_000, 2_000)).toMatchObject({ targetBps: 700_000, limitedBy: "remb" });
    const before = probes.length;
    expect(run(2_000, 8_000).targetBps).toBe(700_000);
    expect(probes.length).toBe(before);
    expect(run(8_000, 20_000).targetBps).toBeGreaterThan(700_000);
  });
});

describe("without transport-wide feedback", () => {
  it("a REMB of nothing is not for ever", () => {
    const estimator = new Estimator(OPTIONS);
    estimator.onRemb(0, 0);
    estimator.onReceiverReport({ fractionLost: 0 }, 100);
    let target = 0;
    for (let second = 1; second < 60; second++) {
      target = estimator.onReceiverReport({ fractionLost: 0 }, second * 1_000).targetBps;
    }
    expect(target).toBeGreaterThan(1_000_000);
  });

  it("losses in receiver reports move the rate, and a REMB bounds it", () => {
    const estimator = new Estimator(OPTIONS);
    let target = 0;
    for (let second = 0; second <= 10; second++) {
      target = estimator.onReceiverReport({ fractionLost: 0, rttMs: 60 }, second * 1_000).targetBps;
    }
    expect(target).toBeCloseTo(1_000_000 * 1.08 ** 10, -4);
    expect(estimator.onReceiverReport({ fractionLost: 0.05 }, 11_000).targetBps).toBe(target);
    expect(estimator.onReceiverReport({ fractionLost: 0.4 }, 12_000).targetBps).toBeCloseTo(target * 0.8, 0);
    expect(estimator.onRemb(300_000, 12_500).targetBps).toBe(300_000);
    expect(estimator.onRemb(50_000, 12_600).targetBps).toBe(100_000);
  });

  it("losses are those of receiver reports, smoothed, and nobody knows of a queue", () => {
    const estimator = new Estimator(OPTIONS);
    expect(estimator.onRemb(900_000, 0)).toMatchObject({ lossKnown: false, queueKnown: false });
    const report = (fractionLost: number, nowMs: number) => estimator.onReceiverReport({ fractionLost }, nowMs);
    expect(report(0.2, 1_000)).toMatchObject({ lossFraction: 0.2, lossKnown: true, queueKnown: false });
    expect(report(0, 2_000).lossFraction).toBeCloseTo(0.1, 5);
    expect(estimator.tick(2_025).lossFraction).toBeCloseTo(0.1, 5);
  });

  it("losses are what limits the rate from when they take it down, or hold it, until it is beyond where they were", () => {
    const estimator = new Estimator(OPTIONS);
    const limits = (losses: number[], fromMs: number) =>
      losses.map((fractionLost, i) => estimator.onReceiverReport({ fractionLost }, fromMs + i * 1_000).limitedBy);
    expect(limits([0, 0.05, 0], 0)).toEqual(["delay", "loss", "delay"]);
    // Down by a tenth: it takes two reports to be back, at eight in a hundred.
    expect(limits([0.2, 0, 0, 0], 3_000)).toEqual(["loss", "loss", "delay", "delay"]);
    expect(estimator.onRemb(300_000, 7_000).limitedBy).toBe("remb");
  });

  it.each([
    ["lossy", 0, 1],
    ["lossy", 0.3, 1],
    ["lossy", 0.8, 1.08 ** 20],
    ["sound", 0, 1.08 ** 20],
    ["sound", 0.8, 1.08 ** 20],
  ])("the rate of a %s network grows, of %d of it being used, by %d", (network, used, growth) => {
    const estimator = new Estimator(OPTIONS);
    let { targetBps } = estimator.onReceiverReport({ fractionLost: network === "lossy" ? 0.05 : 0 }, 0);
    for (let nowMs = 25; nowMs <= 20_000; nowMs += 25) {
      if (used > 0) estimator.onSentUncounted((used * targetBps) / 320, nowMs);
      ({ targetBps } = estimator.tick(nowMs));
      if (nowMs % 1_000 === 0) ({ targetBps } = estimator.onReceiverReport({ fractionLost: 0 }, nowMs));
    }
    // Not before half a second is it known that nothing is sent.
    expect(targetBps / Math.min(OPTIONS.startBps * growth, OPTIONS.maxBps)).toBeCloseTo(1, 5);
  });

  it("the rate grows though it is not used once losses are a minute ago", () => {
    const estimator = new Estimator(OPTIONS);
    estimator.onReceiverReport({ fractionLost: 0.05 }, 0);
    const rateAt: Record<number, number> = {};
    for (let nowMs = 25; nowMs <= 70_000; nowMs += 25) {
      estimator.tick(nowMs);
      if (nowMs % 1_000 === 0) rateAt[nowMs] = estimator.onReceiverReport({ fractionLost: 0 }, nowMs).targetBps;
    }
    expect([rateAt[30_000], rateAt[59_000]]).toEqual([OPTIONS.startBps, OPTIONS.startBps]);
    expect(rateAt[70_000]).toBeGreaterThan(2 * OPTIONS.startBps);
  });

  it("a REMB alone is the rate", () => {
    expect(new Estimator(OPTIONS).onRemb(3_000_000, 100).targetBps).toBe(3_000_000);
  });

  it("the link is tight where a REMB limits the rate, and not for losses, nor before anything is known", () => {
    const estimator = new Estimator(OPTIONS);
    expect(estimator.tick(0)).toMatchObject({ limitedBy: "delay", tight: false });
    expect(estimator.onReceiverReport({ fractionLost: 0.2 }, 1_000)).toMatchObject({ limitedBy: "loss", tight: false });
    expect(estimator.onRemb(700_000, 2_000)).toMatchObject({ limitedBy: "remb", tight: true });
    expect(estimator.onRemb(5_000_000, 3_000)).toMatchObject({ limitedBy: "loss", tight: false });
  });

  it("asks for no probe, whose result nobody would tell", () => {
    const estimator = new Estimator(OPTIONS);
    estimator.onReceiverReport({ fractionLost: 0 }, 0);
    for (let nowMs = 0; nowMs < 20_000; nowMs += 25) expect(estimator.tick(nowMs).probe).toBeUndefined();
  });
});
