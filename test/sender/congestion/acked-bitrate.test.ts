import { describe, expect, it } from "vitest";
import { AckedBitrate } from "../../../src/sender/congestion/acked-bitrate.ts";

/** @returns after packets of 1,000 bytes, evenly over so long */
function fed(packetsPerS: number, forMs: number, fromMs = 0): AckedBitrate {
  const acked = new AckedBitrate();
  feed(acked, packetsPerS, fromMs, fromMs + forMs);
  return acked;
}

function feed(acked: AckedBitrate, packetsPerS: number, fromMs: number, untilMs: number): void {
  const stepMs = 1_000 / packetsPerS;
  for (let atMs = fromMs; atMs < untilMs; atMs += stepMs) acked.push(atMs, 1_000);
}

describe("what came through", () => {
  it("is unknown until half a second was seen", () => {
    expect(fed(100, 500).bitrateBps).toBeUndefined();
    expect(fed(100, 520).bitrateBps).toBe(800_000);
  });

  it("is that of the last half second, at any rate and for however long", () => {
    for (const packetsPerS of [10, 100, 500, 1_000, 2_000, 8_000]) {
      expect(fed(packetsPerS, 3_000).bitrateBps).toBe(packetsPerS * 8_000);
    }
  });

  it("follows a link that became faster, and slower", () => {
    const acked = fed(100, 1_000);
    feed(acked, 1_000, 1_000, 1_300);
    expect(acked.bitrateBps).toBe(20 * 16_000 + 300 * 16_000);
    feed(acked, 4_000, 1_300, 2_000);
    expect(acked.bitrateBps).toBe(32_000_000);
    feed(acked, 100, 2_000, 3_000);
    expect(acked.bitrateBps).toBe(800_000);
  });

  it("is known sooner of a link that is full and fell", () => {
    const acked = fed(1_000, 1_000);
    feed(acked, 100, 1_000, 1_160);
    expect(acked.fullLinkBps).toBeLessThan(1_000_000);
    expect(acked.bitrateBps).toBeGreaterThan(5_000_000);
  });

  it("begins anew where the viewer's clock leaps", () => {
    const acked = fed(1_000, 1_000);
    acked.push(60_000, 1_000);
    expect(acked.bitrateBps).toBeUndefined();
    acked.push(60_600, 1_000);
    expect(acked.bitrateBps).toBe(16_000);
  });

  it("begins anew where it leaps back", () => {
    const acked = new AckedBitrate();
    for (let atMs = 100_000; atMs < 101_000; atMs += 10) acked.push(atMs, 1_000);
    for (let atMs = 1_000; atMs < 2_000; atMs += 10) acked.push(atMs, 1_000);
    expect(acked.bitrateBps).toBe(800_000);
  });
});
