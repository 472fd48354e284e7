import { describe, expect, test } from "vitest";
import { backoffMs } from "../../src/protocol/backoff.ts";

const RANGE = { firstMs: 500, maxMs: 8_000 };

describe("backoff", () => {
  test.each([
    [0, 0, 250],
    [0, 0.5, 375],
    [1, 0, 500],
    [2, 0, 1_000],
    [4, 0, 4_000],
    [9, 0, 4_000],
    [9, 0.5, 6_000],
    [10_000, 0.5, 6_000],
  ])("attempt %i with random %d waits %i ms", (attempt, random, expectedMs) => {
    expect(backoffMs(RANGE, attempt, random)).toBe(expectedMs);
  });

  test("stays within its bounds and never shrinks from one attempt to the next", () => {
    for (const random of [0, 0.3, 0.999]) {
      let beforeMs = 0;
      for (let attempt = 0; attempt < 20; attempt++) {
        const delayMs = backoffMs(RANGE, attempt, random);
        expect(delayMs).toBeGreaterThanOrEqual(Math.max(RANGE.firstMs / 2, beforeMs));
        expect(delayMs).toBeLessThanOrEqual(RANGE.maxMs);
        beforeMs = delayMs;
      }
    }
  });
});
