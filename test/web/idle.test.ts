import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { setUpIdle } from "../../src/web/page/idle.ts";

const body = { dataset: {} as Record<string, string> };
/** What the page holds by its selector: where the pointer is, and the focus. */
let found: string[];
let hovers: boolean;
const idleAfter = (ms: number) => {
  vi.advanceTimersByTime(ms);
  return body.dataset.idle;
};

beforeEach(() => {
  vi.useFakeTimers();
  [found, hovers] = [[], true];
  vi.stubGlobal("matchMedia", () => ({ matches: hovers }));
  vi.stubGlobal(
    "document",
    Object.assign(new EventTarget(), {
      querySelector: (selector: string) => (found.includes(selector) ? {} : null),
      activeElement: { matches: (selector: string) => found.includes(selector) },
    }),
  );
  setUpIdle(body as unknown as HTMLElement);
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("the controls go once the pointer rests, and are back when it moves", () => {
  expect([idleAfter(2_499), idleAfter(1)]).toEqual(["false", "true"]);
  document.dispatchEvent(new Event("pointermove"));
  expect([idleAfter(2_499), idleAfter(1)]).toEqual(["false", "true"]);
});

test.each(["#figures:hover", "button:focus-visible"])("they stay while there is %s, and go with it", (what) => {
  found.push(what);
  expect(idleAfter(60_000)).toBe("false");
  found = [];
  expect(idleAfter(2_500)).toBe("true");
});

test("where nothing hovers the place of the last tap keeps nothing on show", () => {
  [found, hovers] = [["#figures:hover"], false];
  expect(idleAfter(2_500)).toBe("true");
});
