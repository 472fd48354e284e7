import { afterEach, expect, it, vi } from "vitest";
import { Measurement } from "../../../bench/measurement.ts";

vi.mock("../../../bench/results.ts", () => ({ publish: vi.fn() }));

const { exitCode } = process;
afterEach(() => {
  process.exitCode = exitCode;
  vi.restoreAllMocks();
});

it("a bench of which something failed ends with 1, though it tells the rest", () => {
  vi.spyOn(console, "error").mockImplementation(() => {});
  const measurement = new Measurement("adapt", []);
  measurement.publish("", {});
  expect(process.exitCode).toBe(exitCode);
  measurement.failed("chromium", new Error("did not start"));
  measurement.publish("", {});
  expect(process.exitCode).toBe(1);
});
