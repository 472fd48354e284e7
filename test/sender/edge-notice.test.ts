import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { EdgeNotice } from "../../src/sender/edge-notice.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function listen() {
  const notes: string[] = [];
  return { notes, notice: new EdgeNotice((line) => notes.push(line)) };
}

it("says that the edge is gone and back, once each, and nothing of a blink", () => {
  const { notes, notice } = listen();
  notice.offline();
  vi.advanceTimersByTime(900);
  notice.online();
  vi.advanceTimersByTime(5_000);
  expect(notes).toEqual([]);
  for (let attempt = 0; attempt < 3; attempt++) {
    notice.offline();
    vi.advanceTimersByTime(2_000);
  }
  notice.online();
  notice.online();
  expect(notes).toEqual([expect.stringContaining("The edge is gone."), "The edge is back."]);
});

it("says why the edge takes the sender's socket no more, once for each reason", () => {
  const { notes, notice } = listen();
  for (const reason of [undefined, "Too many requests.", "Too many requests.", undefined, "Something failed."]) {
    notice.offline(reason);
    vi.advanceTimersByTime(2_000);
  }
  expect(notes.map((note) => /gone|Too many|Something/.exec(note)?.[0])).toEqual([
    "gone",
    "Too many",
    "gone",
    "Something",
  ]);
});

it("says nothing once it is stopped", () => {
  const { notes, notice } = listen();
  notice.offline();
  notice.stop();
  vi.advanceTimersByTime(5_000);
  expect(notes).toEqual([]);
});
