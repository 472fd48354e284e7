import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { loadRest, type Progress, timeForSocket } from "../../src/web/page/rest.ts";

const SRC = "/page.js?v=1";
let parsed: () => void;
let detail: { textContent: string };
let loaded: { type?: string; src?: string; rel?: string; href?: string; onerror?: () => void }[];

beforeEach(() => {
  vi.useFakeTimers();
  loaded = [];
  detail = { textContent: "On the way." };
  vi.stubGlobal("document", {
    readyState: "loading",
    addEventListener: (name: string, listener: () => void) => {
      if (name === "DOMContentLoaded") parsed = listener;
    },
    createElement: () => ({}),
    getElementById: () => detail,
    head: { append: (script: object) => loaded.push(script), querySelector: () => ({ content: SRC }) },
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const after = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const FETCHED = { rel: "modulepreload", href: SRC };
const STARTED = { type: "module", src: SRC, onerror: expect.any(Function) };
const NEVER = new Promise(() => {});

/** A first connection whose steps the test takes; those not named are taken. */
function begun(progress: Partial<Progress>): Promise<Progress> {
  const done = Promise.resolve();
  return Promise.resolve({ offered: done, answered: done, connected: done, shown: done, ...progress });
}

test("page.js is fetched and started when the first picture is on show", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  loadRest(begun({ shown: promise }));
  parsed();
  await after(99);
  expect(loaded).toEqual([]);
  resolve();
  await after(0);
  expect(loaded).toEqual([FETCHED, STARTED]);
  await after(1_000);
  expect(loaded).toHaveLength(2);
});

test.each([
  ["an answer", { answered: NEVER, connected: NEVER, shown: NEVER }, 250],
  ["a path", { connected: NEVER, shown: NEVER }, 100],
  ["a picture", { shown: NEVER }, 250],
])("it is fetched meanwhile, and does not wait for %s that is long in coming", async (_, progress, ms) => {
  loadRest(begun(progress));
  parsed();
  await after(99);
  expect(loaded).toEqual([]);
  await after(1);
  expect(loaded).toEqual([FETCHED]);
  await after(ms - 1);
  expect(loaded).toEqual([FETCHED]);
  await after(1);
  expect(loaded).toEqual([FETCHED, STARTED]);
});

test.each([
  ["no offer can be made", () => Promise.reject(new Error("no offer"))],
  ["none was made", () => Promise.resolve(undefined)],
  ["the offer does not leave", () => begun({ offered: Promise.reject(new Error("no proof")), answered: NEVER })],
  ["no answer that counts came", () => begun({ answered: Promise.reject(new Error("no answer")), connected: NEVER })],
])("it starts at once when %s", async (name, begin) => {
  loadRest(begin());
  parsed();
  await after(name === "the offer does not leave" ? 250 : 0);
  expect(loaded).toEqual([FETCHED, STARTED]);
});

test("it starts though the browser is for ever about its offer", async () => {
  loadRest(begun({ offered: NEVER, answered: NEVER, connected: NEVER, shown: NEVER }));
  parsed();
  await after(999);
  expect(loaded).toEqual([]);
  await after(1 + 250);
  expect(loaded).toEqual([FETCHED, STARTED]);
});

test("it is asked for until it loads, where the network or the edge is down just then", async () => {
  loadRest(begun({}));
  parsed();
  await after(0);
  for (const attempt of [2, 3]) {
    loaded.at(-1)?.onerror?.();
    await after(1_999);
    expect(loaded.at(-1)?.src).not.toContain(`attempt=${attempt}`);
    await after(1);
    expect(loaded.at(-1)).toMatchObject({ type: "module", src: `${SRC}&attempt=${attempt}` });
  }
  await after(60_000);
  expect(loaded).toHaveLength(4);
});

test("that it does not load is said at the third time, not at a blink of the network", async () => {
  loadRest(begun({}));
  parsed();
  await after(0);
  for (const said of ["On the way.", "On the way.", expect.stringContaining("does not load")]) {
    loaded.at(-1)?.onerror?.();
    expect(detail.textContent).toEqual(said);
    await after(2_000);
  }
});

test("it never starts before the page is read, whose elements it needs", async () => {
  loadRest(begun({}));
  await after(10_000);
  expect(loaded).toEqual([]);
  parsed();
  await after(0);
  expect(loaded).toEqual([FETCHED, STARTED]);
});

const refusal = () => Promise.reject(new Error("no"));

test.each([
  ["the picture is on show", () => ({}), 0],
  ["there is no path soon", () => ({ connected: NEVER, shown: NEVER }), 50],
  ["there is a path, and the picture is long in coming", () => ({ shown: NEVER }), 250],
  ["there is no genuine answer", () => ({ answered: refusal(), shown: NEVER }), 0],
  ["the offer does not leave", () => ({ offered: refusal(), answered: NEVER }), 0],
])("the socket opens when %s", async (_, progress, ms) => {
  let opened = false;
  void begun(progress())
    .then(timeForSocket)
    .then(() => {
      opened = true;
    });
  if (ms > 0) {
    await after(ms - 1);
    expect(opened).toBe(false);
  }
  await after(1);
  expect(opened).toBe(true);
});
