import { describe, expect, it } from "vitest";
import { BusyLink } from "../../../src/sender/congestion/busy-link.ts";

const LEAST_MS = 100;

/** What is known after packets of 1,000 bytes that left and arrived at these times. */
function measured(sentAtMs: readonly number[], arrivedAtMs: readonly number[]): number | undefined {
  const link = new BusyLink();
  for (const [i, atMs] of arrivedAtMs.entries()) link.push(sentAtMs[i] ?? 0, atMs, 1_000, LEAST_MS);
  return link.bitrateBps;
}

const times = (count: number, stepMs: number, fromMs = 0) =>
  Array.from({ length: count }, (_, i) => fromMs + i * stepMs);
const atOnce = (count: number) => Array<number>(count).fill(0);

describe("a busy link", () => {
  it("is measured within one burst", () => {
    expect(measured(atOnce(5), times(5, 16, LEAST_MS))).toBe(500_000);
  });

  it("is measured over the edge of two bursts, when the second waited for the first", () => {
    const sent = [0, 0, 0, 33, 33];
    expect(measured(sent, times(5, 20, LEAST_MS))).toBe(400_000);
    expect(measured(sent, [100, 120, 130, 140, 160])).toBeUndefined();
  });

  it("is measured by its last packets, whatever the first came at", () => {
    expect(measured(atOnce(12), [...times(7, 3, LEAST_MS), ...times(5, 20, LEAST_MS + 38)])).toBe(400_000);
  });

  it.each([
    ["stalled", atOnce(6), [100, 103, 160, 161, 162, 163]],
    ["is quick", atOnce(9), times(9, 3, LEAST_MS)],
    ["is shared, and its packets' distances another's", [0, 0, 33, 33, 66], times(5, 25, LEAST_MS + 40)],
    ["is idle between packets", times(9, 20), times(9, 20, LEAST_MS)],
  ])("is not taken for slow when it %s", (_what, sent, arrived) => {
    expect(measured(sent, arrived)).toBeUndefined();
  });

  it("is not known while the way's own delay is not", () => {
    const link = new BusyLink();
    for (const atMs of times(6, 20)) link.push(0, atMs, 1_000, Number.POSITIVE_INFINITY);
    expect(link.bitrateBps).toBeUndefined();
  });
});
