import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { loadRest } from "../../src/web/page/rest.ts";

let parsed: () => void;
let loaded: { type?: string; src?: string }[];

beforeEach(() => {
  vi.useFakeTimers();
  loaded = [];
  vi.stubGlobal("document", {
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

test("page.js starts when the answer is with the browser", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  loadRest(promise);
  parsed();
  await after(100);
  expect(loaded).toEqual([]);
  resolve();
  await after(0);
  expect(loaded).toEqual([PAGE_SCRIPT]);
  await after(1_000);
  expect(loaded).toHaveLength(1);
});

test("it does not wait for an answer that is long in coming", async () => {
  loadRest(new Promise(() => {}));
  parsed();
  await after(250);
  expect(loaded).toEqual([PAGE_SCRIPT]);
});

test("it starts though no offer can be made, or none was", async () => {
  loadRest(Promise.reject(new Error("no offer")));
  parsed();
  await after(0);
  expect(loaded).toEqual([PAGE_SCRIPT]);
  loadRest(undefined);
  parsed();
  await after(0);
  expect(loaded).toHaveLength(2);
});

test("it never starts before the page is read, whose elements it needs", async () => {
  loadRest(Promise.resolve());
  await after(10_000);
  expect(loaded).toEqual([]);
  parsed();
  await after(0);
  expect(loaded).toEqual([PAGE_SCRIPT]);
});
