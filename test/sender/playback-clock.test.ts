import { describe, expect, it } from "vitest";
import { PlaybackClock } from "../../src/sender/capture/playback-clock.ts";

/** When each picture is due when every one is asked for just in time, from 1,000 ms on. */
function dues(ptsList: (number | undefined)[], { tickMs = 1, fps = 25 } = {}): number[] {
  const clock = new PlaybackClock(tickMs, fps);
  let nowMs = 1_000;
  return ptsList.map((pts) => {
    nowMs = clock.due(pts === undefined ? undefined : BigInt(pts), nowMs);
    return nowMs;
  });
}

describe("a recording's pictures are due", () => {
  it.each<[string, (number | undefined)[], object, number[]]>([
    ["by their timestamps, the first at once", [0, 40, 100, 120], {}, [1_000, 1_040, 1_100, 1_120]],
    ["in the file's own unit", [0, 900, 1_800], { tickMs: 1 / 90 }, [1_000, 1_010, 1_020]],
    ["wherever the timestamps begin", [500_000, 500_040], {}, [1_000, 1_040]],
    ["by the frame rate where they have none", [undefined, undefined, undefined], {}, [1_000, 1_040, 1_080]],
    ["by both where some have none", [0, 30, undefined, 100], {}, [1_000, 1_030, 1_070, 1_110]],
    ["one frame on where time goes backwards", [5_000, 5_040, 0, 40], {}, [1_000, 1_040, 1_080, 1_120]],
    ["one frame on where time stands still", [0, 0, 0], {}, [1_000, 1_040, 1_080]],
    ["one frame on where time jumps", [0, 40, 9_000_000, 9_000_040], {}, [1_000, 1_040, 1_080, 1_120]],
    ["as slowly as a slow recording wants", [0, 5_000, 10_000], { fps: 0.2 }, [1_000, 6_000, 11_000]],
  ])("%s", (_name, ptsList, options, expected) => {
    for (const [i, due] of dues(ptsList, options).entries()) expect(due).toBeCloseTo(expected[i] ?? 0, 6);
  });

  it("in time again after a short delay, so that the pace is kept", () => {
    const clock = new PlaybackClock(1, 25);
    clock.due(0n, 1_000);
    expect(clock.due(40n, 1_100)).toBe(1_040);
    expect(clock.due(80n, 1_101)).toBe(1_080);
  });

  it("from now on after a long one, so that nothing is raced through", () => {
    const clock = new PlaybackClock(1, 25);
    clock.due(0n, 1_000);
    expect(clock.due(40n, 60_000)).toBe(60_000);
    expect(clock.due(80n, 60_001)).toBe(60_040);
  });
});

it("ends when the last picture was shown as long as the others", () => {
  const clock = new PlaybackClock(1, 25);
  expect(clock.end(1_000)).toBe(1_000);
  clock.due(0n, 1_000);
  clock.due(40n, 1_040);
  expect(clock.end(1_041)).toBe(1_080);
});
