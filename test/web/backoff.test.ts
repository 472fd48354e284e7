import { describe, expect, test } from "vitest";
import { patientMs } from "../../src/web/client/backoff.ts";

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
