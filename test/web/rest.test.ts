import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { loadRest, type Progress } from "../../src/web/page/rest.ts";

let parsed: () => void;
let loaded: { type?: string; src?: string }[];

beforeEach(() => {
  vi.useFakeTimers();
  loaded = [];
  vi.stubGlobal("document", {
    readyState: "loading",
    addEventListener: (name: string, listener: () => void) => {
      if (name === "DOMContentLoaded") parsed = listener;
    },
    createElement: () => ({}),
    head: { append: (script: object) => loaded.push(script) },
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const after = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const PAGE_SCRIPT = { type: "module", src: "/page.js" };
const NEVER = new Promise(() => {});

/** A first connection whose steps the test takes; those not named are taken. */
function begun(progress: Partial<Progress>): Promise<Progress> {
  const done = Promise.resolve();
  return Promise.resolve({ answered: done, connected: done, shown: done, ...progress });
}

test("page.js starts when the first picture is on show", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  loadRest(begun({ shown: promise }));
  parsed();
  await after(100);
  expect(loaded).toEqual([]);
  resolve();
  await after(0);
  expect(loaded).toEqual([PAGE_SCRIPT]);
  await after(1_000);
  expect(loaded).toHaveLength(1);
});

test.each([
  ["an answer", { answered: NEVER, connected: NEVER, shown: NEVER }, 250],
  ["a path", { connected: NEVER, shown: NEVER }, 100],
  ["a picture", { shown: NEVER }, 250],
])("it does not wait for %s that is long in coming", async (_, progress, ms) => {
  loadRest(begun(progress));
  parsed();
  await after(ms - 1);
  expect(loaded).toEqual([]);
  await after(1);
  expect(loaded).toEqual([PAGE_SCRIPT]);
});

test.each([
  ["no offer can be made", () => Promise.reject(new Error("no offer"))],
  ["none was made", () => Promise.resolve(undefined)],
  ["no answer that counts came", () => begun({ answered: Promise.reject(new Error("no answer")), connected: NEVER })],
])("it starts at once when %s", async (_, begin) => {
  loadRest(begin());
  parsed();
  await after(0);
  expect(loaded).toEqual([PAGE_SCRIPT]);
});

test("it never starts before the page is read, whose elements it needs", async () => {
  loadRest(begun({}));
  await after(10_000);
  expect(loaded).toEqual([]);
  parsed();
  await after(0);
  expect(loaded).toEqual([PAGE_SCRIPT]);
});
