import { describe, expect, it } from "vitest";
import { DeviceClock } from "../../src/sender/capture/device-clock.ts";

/** Asks a device as it is asked, a read each time, by a clock of its own. */
function follow(pictureTimes: number[], fps: number) {
  const clock = new DeviceClock(fps, 0);
  const waitsMs: number[] = [];
  let asked = 0;
  let nowMs = 0;
  for (const atMs of pictureTimes) {
    for (asked++; nowMs < atMs; asked++) {
      // Timers are a millisecond late.
      nowMs += clock.waitMs(nowMs) + 1;
    }
    clock.gave(nowMs);
    waitsMs.push(nowMs - atMs);
  }
  return { waitsMs, askedPerPicture: asked / pictureTimes.length };
}

const every = (gapMs: number, count: number) => Array.from({ length: count }, (_, i) => 300 + i * gapMs);

describe("a device without a picture is asked again", () => {
  it.each([
    ["that keeps its rate", 1_000 / 30, 30],
    ["of 60 a second", 1_000 / 60, 60],
    ["that says 30 and gives 15, in dim light", 1_000 / 15, 30],
    ["that says 15 and gives 30", 1_000 / 30, 15],
    ["of one a second", 1_000, 1],
  ])("in time for the next, %s", (_name, gapMs, fps) => {
    const { waitsMs, askedPerPicture } = follow(every(gapMs, 100), fps);
    expect(Math.max(...waitsMs.slice(5))).toBeLessThanOrEqual(2);
    // More than one each two milliseconds would take a core.
    expect(askedPerPicture).toBeLessThan(Math.max(gapMs / 7, 60));
  });

  it("in time for those after one that was lost, or late", () => {
    const times = every(33, 60).filter((_, i) => i % 7 !== 3);
    expect(Math.max(...follow(times, 30).waitsMs.slice(1))).toBeLessThanOrEqual(2);
    const late = every(33, 60).map((atMs, i) => atMs + (i % 5 === 2 ? 12 : 0));
    expect(Math.max(...follow(late, 30).waitsMs.slice(1))).toBeLessThanOrEqual(2);
  });

  it("soon again where it becomes quicker", () => {
    const slow = every(66, 30);
    const quick = every(33, 30).map((atMs) => atMs + 66 * 30);
    expect(Math.max(...follow([...slow, ...quick], 30).waitsMs.slice(34))).toBeLessThanOrEqual(2);
  });

  it("now and then where none comes at all", () => {
    const clock = new DeviceClock(30, 0);
    expect([100, 5_000, 60_000].map((nowMs) => clock.waitMs(nowMs))).toEqual([10, 10, 10]);
  });
});
