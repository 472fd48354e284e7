import { describe, expect, it } from "vitest";
import {
  type Heard,
  hear,
  isQuestionable,
  isSilent,
  opened,
  openWaitMs,
  pongWaitMs,
  reopenPauseMs,
  silenceLimitMs,
} from "../../src/protocol/liveness.ts";

/** After signs of life at these times. */
const heardAt = (...timesMs: number[]): Heard => timesMs.reduce(hear, { lastAtMs: 0, gapMs: 0 });
const every = (ms: number, times = 40) => heardAt(...Array.from({ length: times }, (_, i) => (i + 1) * ms));

describe("how long a path may be silent", () => {
  it.each([
    ["thirty frames a second", every(33), false, 1_200],
    ["the same, on a network that just changed", every(33), true, 400],
    ["looked at twice a second", every(500), false, 1_500],
    ["one frame a second", every(1_000), false, 3_000],
    ["one frame a second, on a network that just changed", every(1_000), true, 2_000],
    ["one frame in three seconds", every(3_000), false, 5_000],
    ["never heard", { lastAtMs: 0, gapMs: 0 }, false, 1_200],
  ])("%s", (_name, heard, doubted, limitMs) => expect(silenceLimitMs(heard, doubted)).toBe(limitMs));

  it("is not made long by an outage", () => {
    const back = hear(every(250), 40 * 250 + 8_000);
    expect(silenceLimitMs(back)).toBe(1_800);
    expect(silenceLimitMs(hear(hear(back, back.lastAtMs + 250), back.lastAtMs + 500))).toBe(1_200);
  });

  it("follows a camera that becomes slow within a few frames", () => {
    const slow = [1, 2, 3].map((i) => 40 * 33 + i * 2_000).reduce(hear, every(33));
    expect(silenceLimitMs(slow)).toBeGreaterThan(2_000);
  });

  it("is questionable for the second half of it, and then silent", () => {
    const heard = every(33);
    const after = (ms: number) => [isQuestionable, isSilent].map((test) => test(heard, heard.lastAtMs + ms));
    expect([599, 600, 1_199, 1_200].map(after)).toEqual([
      [false, false],
      [true, false],
      [true, false],
      [true, true],
    ]);
  });
});

describe("how long a socket may take to be welcomed", () => {
  it.each([
    ["the first one", {}, 0, 8_000],
    ["one after a socket that ended well", { openedInMs: 40 }, 90_000, 8_000],
    ["one in haste", { openedInMs: 40, lostAtMs: 90_000 }, 91_000, 1_500],
    ["one in haste, far from the edge", { openedInMs: 900, lostAtMs: 90_000 }, 91_000, 2_700],
    ["one in haste that others did not help", { openedInMs: 40, lostAtMs: 90_000 }, 110_000, 3_000],
    ["one when haste is over", { openedInMs: 40, lostAtMs: 90_000 }, 150_000, 8_000],
    ["one in haste, nothing known of the edge", { lostAtMs: 90_000 }, 91_000, 2_400],
    ["one in haste, very far", { openedInMs: 5_000, lostAtMs: 90_000 }, 91_000, 8_000],
  ])("%s", (_name, past, nowMs, waitMs) => expect(openWaitMs(past, nowMs, 8_000)).toBe(waitMs));

  it("counts from the shortest of all, for the first may find the edge asleep", () => {
    expect([900, 60, 300].reduce(opened, { lostAtMs: 5 })).toEqual({ openedInMs: 60 });
  });

  it("does not count from one that stood before anybody looked", () => {
    expect(opened({ lostAtMs: 5 }, 2)).toEqual({});
    expect(opened({ openedInMs: 60, lostAtMs: 5 }, 2)).toEqual({ openedInMs: 60 });
  });
});

it.each([
  ["doubling as ever without a loss", {}, 4_000, 0, 4_000],
  ["half a second to one in haste", { lostAtMs: 0 }, 4_000, 0, 500],
  ["spread by chance", { lostAtMs: 0 }, 4_000, 0.5, 750],
  ["never longer than without haste", { lostAtMs: 0 }, 250, 0.9, 250],
  ["none after one that stood and then gave no sign of life", { lostAtMs: 0, unanswered: true }, 4_000, 0, 0],
  ["some after the attempts that follow", { lostAtMs: -1, unanswered: true }, 4_000, 0, 500],
  ["a long pause again when haste is over", { lostAtMs: -60_000 }, 4_000, 0, 4_000],
])("between two sockets: %s", (_name, past, backoffMs, random, pauseMs) => {
  expect(reopenPauseMs(past, 0, backoffMs, random)).toBe(pauseMs);
});

it.each([
  ["near the edge", 20, 600],
  ["far from it", 1_000, 1_000],
  ["very far from it", 9_000, 2_500],
  ["wherever that may be", undefined, 800],
])("a pong is waited for %s", (_name, openedInMs, waitMs) => {
  expect(pongWaitMs(openedInMs === undefined ? {} : { openedInMs })).toBe(waitMs);
});
