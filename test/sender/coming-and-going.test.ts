import { expect, it, vi } from "vitest";
import { comeAndGo, ShowProcess } from "../support/coming-and-going.ts";

const WARM_ROUNDS = 4;
const ROUNDS = 10;
/** A leaked connection holds several hundred kilobytes: this is one in ten of the viewers. */
const GROWTH_MAX_BYTES = 1_500_000;

it("viewers that come and go leave nothing behind: no memory, socket or timer", async () => {
  using show = new ShowProcess();
  for (let i = 0; i < WARM_ROUNDS; i++) await comeAndGo(show, i);
  const before = await show.held();
  for (let i = 0; i < ROUNDS; i++) await comeAndGo(show, i);
  // A check or a flight that waits for its answer outlives its connection for a moment.
  const timersGone = async () => {
    const held = await show.held();
    expect(held.resources.Timeout ?? 0).toBeLessThanOrEqual((before.resources.Timeout ?? 0) + 2);
    return held;
  };
  const after = await vi.waitFor(timersGone, { timeout: 10_000, interval: 500 });
  expect(after.connections).toBe(0);
  expect(after.resources.UDPWrap ?? 0).toBe(before.resources.UDPWrap ?? 0);
  expect(after.heapBytes - before.heapBytes).toBeLessThan(GROWTH_MAX_BYTES);
  expect(after.bufferBytes - before.bufferBytes).toBeLessThan(GROWTH_MAX_BYTES);
  expect(after.allocatedBytes - before.allocatedBytes).toBeLessThan(GROWTH_MAX_BYTES);
}, 120_000);
