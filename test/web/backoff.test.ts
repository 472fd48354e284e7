import { describe, expect, test } from "vitest";
import { BACKOFF_MAX_MS, BACKOFF_MIN_MS, backoffMs, patientMs } from "../../src/web/client/backoff.ts";

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
    expect(backoffMs(attempt, random)).toBe(expectedMs);
  });

  test("stays within its bounds and never shrinks from one attempt to the next", () => {
    for (const random of [0, 0.3, 0.999]) {
      let beforeMs = 0;
      for (let attempt = 0; attempt < 20; attempt++) {
        const delayMs = backoffMs(attempt, random);
        expect(delayMs).toBeGreaterThanOrEqual(Math.max(BACKOFF_MIN_MS, beforeMs));
        expect(delayMs).toBeLessThanOrEqual(BACKOFF_MAX_MS);
        beforeMs = delayMs;
      }
    }
  });
});

describe("patience", () => {
  test.each([
    ["session-not-found", 0, 0, 3_000],
    ["session-not-found", 0, 0.5, 4_000],
    ["session-not-found", 15, 0.5, 4_000],
    ["session-not-found", 18, 0.5, 7_813],
    ["session-not-found", 24, 0.5, 29_802],
    ["rate-limited", 10_000, 0.5, 30_000],
    ["session-full", 10_000, 0.5, 4_000],
  ] as const)("%s after %i failures with random %d waits %i ms", (code, attempt, random, expectedMs) => {
    expect(patientMs(code, attempt, random)).toBe(expectedMs);
  });
});
