import { describe, expect, it } from "vitest";
import { AckedBitrate } from "../../../src/sender/congestion/acked-bitrate.ts";
import { LinkCapacity } from "../../../src/sender/congestion/link-capacity.ts";
import { RateControl, type RateInput } from "../../../src/sender/congestion/rate-control.ts";

const BOUNDS = { minBps: 100_000, maxBps: 10_000_000 };
const input = (changes: Partial<RateInput> = {}): RateInput => ({
  usage: "normal",
  ackedBps: 2_000_000,
  rttMs: 50,
  applicationLimited: false,
  ...changes,
});

/** Ten updates a second. */
function grown(control: RateControl, seconds: number, changes: Partial<RateInput>, fromMs = 0): number {
  for (let i = 0; i <= seconds * 10; i++) {
    control.update(input({ ackedBps: control.estimateBps, ...changes }), fromMs + i * 100);
  }
  return control.estimateBps;
}

describe("rate control", () => {
  it("grows by 8 % a second while the capacity is unknown", () => {
    expect(grown(new RateControl(1_000_000, BOUNDS), 1, {})).toBeCloseTo(1_082_856, -3);
  });

  it("beside another flow grows fast up to its share, and past it by a packet a response time", () => {
    const toShareBps = grown(new RateControl(500_000, BOUNDS), 2, { fairShareBps: 1_500_000 }) - 500_000;
    expect(toShareBps).toBeCloseTo(500_000, -5);
    const pastBps = grown(new RateControl(1_600_000, BOUNDS), 2, { fairShareBps: 1_500_000 }) - 1_600_000;
    expect(pastBps).toBeGreaterThan(80_000);
    expect(pastBps).toBeLessThan(150_000);
  });

  it("grows by a packet a response time once it is known", () => {
    const control = new RateControl(2_000_000, BOUNDS);
    control.update(input({ usage: "over" }), 0);
    control.update(input(), 100);
    const fromBps = control.estimateBps;
    expect(grown(control, 2, {}, 200) - fromBps).toBeCloseTo((2.1 * 9_600_000) / 150, -3);
  });

  it("grows fast near its capacity, too, while it has less than half of a link that others use", () => {
    const grownBps = (linkBps?: number) => {
      const control = new RateControl(1_000_000, BOUNDS);
      control.update(input({ usage: "over", ackedBps: 1_000_000 }), 0);
      control.update(input(), 100);
      return grown(control, 1, { linkBps }, 200) - 850_000;
    };
    expect(grownBps(3_000_000)).toBeGreaterThan(0.08 * 850_000);
    expect(grownBps(3_000_000)).toBeLessThan(0.1 * 850_000);
    expect(grownBps(1_000_000)).toBeLessThan(grownBps(3_000_000));
    expect(grownBps(1_000_000)).toBe(grownBps());
  });

  it("counts as what it has what came through, where the estimate is ahead of it", () => {
    const control = new RateControl(1_800_000, BOUNDS);
    control.update(input({ usage: "over", ackedBps: 1_200_000, fullLinkBps: 1_800_000, linkBps: 3_000_000 }), 1_000);
    expect(control.estimateBps).toBeCloseTo(0.85 * 1_800_000, -1);
    const fromBps = control.estimateBps;
    for (let nowMs = 1_100; nowMs <= 2_200; nowMs += 100) {
      control.update(input({ ackedBps: 1_200_000, linkBps: 3_000_000 }), nowMs);
    }
    expect(control.estimateBps - fromBps).toBeGreaterThan(0.075 * fromBps);
  });

  it.each([
    ["more than half", 1_800_000, 3_000_000, 0.85 - 0.08],
    ["less", 2_000_000, 5_000_000, 0.85],
    ["all", 2_000_000, 2_200_000, 0.85],
  ])("over-use takes more from who has more beside another flow: %s", (_what, hadBps, linkBps, kept) => {
    const control = new RateControl(hadBps, BOUNDS);
    control.update(input({ usage: "over", ackedBps: hadBps, linkBps }), 1_000);
    expect(control.estimateBps).toBeCloseTo(kept * hadBps, -1);
  });

  it.each([
    ["the source is limited by itself", { applicationLimited: true }],
    ["nothing is acknowledged yet", { ackedBps: undefined }],
    ["it is far ahead of what was acknowledged", { ackedBps: 500_000 }],
    ["the queue drains", { usage: "under" as const }],
    ["the queue grows less", { usage: "easing" as const }],
  ])("stays when %s", (_why, changes) => {
    expect(grown(new RateControl(1_000_000, BOUNDS), 3, changes)).toBe(1_000_000);
  });

  it.each([
    ["to 85 % of what came through", 1_950_000, 0.85 * 1_950_000],
    ["but not for a short dip of it", 1_600_000, 0.82 * 2_000_000],
    ["and all the way when the link has fallen", 500_000, 0.85 * 500_000],
    ["and never up", 2_600_000, 2_000_000],
  ])("over-use takes it down %s", (_what, ackedBps, expected) => {
    const control = new RateControl(2_000_000, BOUNDS);
    const deepFall = control.update(input({ usage: "over", ackedBps }), 1_000);
    expect(control.estimateBps).toBeCloseTo(expected, 0);
    expect(deepFall).toBe(ackedBps === 500_000);
  });

  it("one over-use costs once, until its effect can be seen", () => {
    const control = new RateControl(2_000_000, BOUNDS);
    const update = (nowMs: number) => {
      control.update(input({ usage: "over", ackedBps: control.estimateBps }), nowMs);
      return control.estimateBps;
    };
    expect(update(0)).toBe(1_700_000);
    expect(update(150)).toBe(1_700_000);
    expect(update(201)).toBe(1_445_000);
  });

  it("of a source that uses little, over-use takes the estimate down by its own 15 % first, and to what came through if it goes on", () => {
    const overused = (changes: Partial<RateInput>, ...atMs: number[]) => {
      const control = new RateControl(3_000_000, BOUNDS);
      const still = input({ usage: "over", ackedBps: 300_000, fullLinkBps: 300_000, applicationLimited: true });
      const falls = atMs.map((nowMs) => control.update({ ...still, ...changes }, nowMs));
      return [Math.round(control.estimateBps), falls.at(-1)];
    };
    expect(overused({}, 1_000)).toEqual([2_550_000, false]);
    expect(overused({}, 1_000, 1_050)).toEqual([2_550_000, false]);
    expect(overused({}, 1_000, 1_300)).toEqual([255_000, true]);
    expect(overused({}, 1_000, 3_000)).toEqual([2_167_500, false]);
    expect(overused({ fallen: true }, 1_000)).toEqual([255_000, true]);
  });

  it("keeps its bounds", () => {
    const control = new RateControl(50_000, { minBps: 100_000, maxBps: 200_000 });
    expect(control.estimateBps).toBe(100_000);
    expect(grown(control, 20, {})).toBe(200_000);
    control.setBounds({ minBps: 100_000, maxBps: 150_000 });
    expect(control.estimateBps).toBe(150_000);
  });
});

describe("the link capacity", () => {
  it("is a mean with a range around it", () => {
    const capacity = new LinkCapacity();
    expect([capacity.estimateBps, capacity.upperBps]).toEqual([undefined, Number.POSITIVE_INFINITY]);
    for (let i = 0; i < 50; i++) capacity.onOveruse(2_000_000 + (i % 2) * 100_000);
    expect(capacity.estimateBps).toBeCloseTo(2_050_000, -5);
    expect(capacity.lowerBps).toBeLessThan(1_750_000);
    expect(capacity.upperBps).toBeGreaterThan(2_350_000);
    capacity.reset();
    expect(capacity.estimateBps).toBeUndefined();
  });
});

describe("the acknowledged bitrate", () => {
  /** Packets of 1,250 bytes, evenly. */
  function feed(acked: AckedBitrate, bitrateBps: number, fromMs: number, toMs: number): AckedBitrate {
    for (let atMs = fromMs; atMs < toMs; atMs += 10_000_000 / bitrateBps) acked.push(atMs, 1_250);
    return acked;
  }

  it("needs half a second, then tells the rate", () => {
    expect(feed(new AckedBitrate(), 2_000_000, 0, 400).bitrateBps).toBeUndefined();
    expect(feed(new AckedBitrate(), 2_000_000, 0, 1_000).bitrateBps).toBeCloseTo(2_000_000, -5);
  });

  it("of a full link follows a deep fall sooner, and no shallow one", () => {
    const fallen = feed(feed(new AckedBitrate(), 3_000_000, 0, 1_000), 500_000, 1_000, 1_200);
    expect(fallen.bitrateBps).toBeGreaterThan(1_500_000);
    expect(fallen.fullLinkBps).toBeLessThan(700_000);
    const dipped = feed(feed(new AckedBitrate(), 3_000_000, 0, 1_000), 2_500_000, 1_000, 1_200);
    expect(dipped.fullLinkBps).toBe(dipped.bitrateBps);
  });

  it("of a full link is what came last, where the source grew just before", () => {
    const grown = feed(feed(new AckedBitrate(), 1_000_000, 0, 1_000), 3_000_000, 1_000, 1_200);
    expect(grown.bitrateBps).toBeLessThan(2_000_000);
    expect(grown.fullLinkBps).toBeCloseTo(3_000_000, -5.5);
  });

  it("takes what nobody told of for evenly received", () => {
    const acked = feed(new AckedBitrate(), 2_000_000, 0, 1_000);
    acked.pushUntold(Array(20).fill(1_000), 1_080);
    expect(feed(acked, 2_000_000, 1_080, 1_100).fullLinkBps).toBeCloseTo(2_000_000, -5.5);
  });

  it("does not count what lies long back", () => {
    const acked = feed(new AckedBitrate(), 2_000_000, 0, 1_000);
    acked.push(3_000, 1_250);
    expect(acked.bitrateBps).toBe(20_000);
  });
});
