import { describe, expect, it } from "vitest";
import { granted, isGreaterBy, isLesserBy } from "../../../src/sender/congestion/link-share.ts";

const LINK_BPS = 3_000_000;

describe("a flow's share of its link", () => {
  it.each([
    [300_000, 1, 0],
    [1_350_000, 1, 0],
    [1_425_000, 0.5, 0],
    [1_500_000, 0, 0],
    [1_575_000, 0, 0.5],
    [1_800_000, 0, 1],
    [2_025_000, 0, 0.5],
    [2_100_000, 0, 0],
    [3_300_000, 0, 0],
  ])("of %d bps is less than half by %d, and more by %d", (bitrateBps, lesser, greater) => {
    expect(isLesserBy(bitrateBps, LINK_BPS)).toBeCloseTo(lesser, 6);
    expect(isGreaterBy(bitrateBps, LINK_BPS)).toBeCloseTo(greater, 6);
  });

  it("is neither where nobody knows the link", () => {
    expect([isLesserBy(1, undefined), isGreaterBy(1_800_000, undefined)]).toEqual([0, 0]);
  });
});

describe("of what a probe found is granted", () => {
  it.each([
    ["all, where there was room for it", 2_000_000, false, LINK_BPS, 2_000_000],
    ["half of the link, where it pushed another flow aside", 2_000_000, true, LINK_BPS, 1_500_000],
    ["all, where that is less", 1_000_000, true, LINK_BPS, 1_000_000],
    ["all, where it found nearly the whole link", 2_600_000, true, LINK_BPS, 2_600_000],
    ["all, where nobody knows the link", 2_000_000, true, undefined, 2_000_000],
  ])("%s", (_what, bitrateBps, full, linkBps, expected) => {
    expect(granted({ cluster: 1, bitrateBps, full }, linkBps)).toEqual({ cluster: 1, bitrateBps: expected, full });
  });

  it("nothing, where it found nothing", () => {
    expect(granted({ cluster: 1 }, LINK_BPS)).toEqual({ cluster: 1 });
  });
});
