import { expect, it } from "vitest";
import { looped } from "../../src/sender/capture/looped.ts";
import type { CapturedFrame, Source } from "../../src/sender/capture/source.ts";

/** Sources of two pictures each, which count how often they were closed. */
function makeSources(limit: number) {
  const closed: number[] = [];
  const open = async (): Promise<Source> => {
    const index = closed.length;
    if (index === limit) throw new Error("the file is gone");
    closed.push(0);
    return {
      format: { width: 16, height: 16, fps: 30 },
      async *frames(): AsyncIterable<CapturedFrame> {
        for (const capturedAtMs of [index * 2, index * 2 + 1]) yield { capturedAtMs } as CapturedFrame;
      },
      async [Symbol.asyncDispose]() {
        closed[index] = (closed[index] ?? 0) + 1;
      },
    };
  };
  return { closed, open };
}

it("closes each time it was opened once, also when it cannot be opened again", async () => {
  const { closed, open } = makeSources(3);
  const signal = new AbortController().signal;
  const seen: number[] = [];
  const play = async () => {
    await using source = await looped(open, signal);
    for await (const { capturedAtMs } of source.frames(signal)) seen.push(capturedAtMs);
  };
  await expect(play()).rejects.toThrow("the file is gone");
  expect(seen).toEqual([0, 1, 2, 3, 4, 5]);
  expect(closed).toEqual([1, 1, 1]);
});

it("closes the one that plays when it is left in the middle", async () => {
  const { closed, open } = makeSources(9);
  const signal = new AbortController().signal;
  {
    await using source = await looped(open, signal);
    for await (const { capturedAtMs } of source.frames(signal)) if (capturedAtMs === 3) break;
  }
  expect(closed).toEqual([1, 1]);
});
