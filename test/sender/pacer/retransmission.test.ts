import { describe, expect, it } from "vitest";
import { NackFilter, retransmissionHistoryPackets } from "../../../src/sender/pacer/retransmission.ts";

describe("the retransmission history", () => {
  it.each([
    [500, 8_000_000, 2_048],
    [50, 2_500_000, 256],
    [100, 2_500_000, 256],
    [300, 4_000_000, 1_024],
    [0, 100_000, 256],
    [10_000, 100_000_000, 16_384],
  ])("for %d ms and %d bps keeps %d packets", (rttMs, bitrateBps, packets) => {
    expect(retransmissionHistoryPackets(rttMs, bitrateBps)).toBe(packets);
  });

  it("holds what was sent while a NACK was on its way, twice", () => {
    for (const [rttMs, bitrateBps] of [
      [500, 8_000_000],
      [200, 5_000_000],
      [80, 1_000_000],
    ] as const) {
      const heldMs = (retransmissionHistoryPackets(rttMs, bitrateBps) * 1_100 * 8_000) / bitrateBps;
      expect(heldMs).toBeGreaterThan(2 * rttMs);
    }
  });
});

describe("the NACK filter", () => {
  it("answers a packet once in a round trip", () => {
    const filter = new NackFilter();
    expect(filter.choose([1, 2, 3], 100, 0)).toEqual([1, 2, 3]);
    expect(filter.choose([2, 3, 4], 100, 60)).toEqual([4]);
    expect(filter.choose([2, 4], 100, 100)).toEqual([2]);
    expect(filter.choose([2, 4], 100, 160)).toEqual([4]);
  });

  it("answers a number that stands twice in a NACK once, and a repeated NACK not at all", () => {
    const filter = new NackFilter();
    expect(filter.choose([7, 7], 0, 0)).toEqual([7]);
    expect(filter.choose([7], 0, 5)).toEqual([]);
  });

  it("forgets, so that a number that came round again is answered, and stays bounded", () => {
    const filter = new NackFilter();
    for (let number = 0; number < 65_536; number++) filter.choose([number], 100, 0);
    expect(filter.choose([0], 100, 1)).toEqual([0]);
    expect(filter.choose([65_535], 100, 1)).toEqual([]);
  });
});
