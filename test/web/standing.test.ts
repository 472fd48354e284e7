import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { endWhenStanding } from "../../src/web/page/standing.ts";

let frames: number;
let page: { sightline?: { state: { name: string } } };
const end = vi.fn();
const moveOn = (turns: number) => {
  for (; turns > 0; turns--) {
    frames += 1;
    vi.advanceTimersByTime(3_000);
  }
};

beforeEach(() => {
  vi.useFakeTimers();
  [frames, page] = [1, {}];
  vi.stubGlobal("window", page);
  const video = { getVideoPlaybackQuality: () => ({ totalVideoFrames: frames }) };
  vi.stubGlobal("document", { querySelector: () => video });
  endWhenStanding(end);
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.clearAllMocks();
  vi.useRealTimers();
});

test("a picture that moves is left on show, and one that stands is not", () => {
  moveOn(5);
  expect(end).not.toHaveBeenCalled();
  vi.advanceTimersByTime(3_000);
  expect(end).toHaveBeenCalledOnce();
});

test("a viewer that is still connecting does not keep an old picture on show", () => {
  moveOn(1);
  page.sightline = { state: { name: "connecting" } };
  moveOn(2);
  expect(end).not.toHaveBeenCalled();
  vi.advanceTimersByTime(3_000);
  expect(end).toHaveBeenCalledOnce();
});

test("one that has words for the picture is left to find them", () => {
  page.sightline = { state: { name: "connecting" } };
  moveOn(1);
  page.sightline.state.name = "live";
  vi.advanceTimersByTime(60_000);
  expect([end.mock.calls, vi.getTimerCount()]).toEqual([[], 0]);
});
