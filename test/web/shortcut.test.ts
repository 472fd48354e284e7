import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { isShortcut } from "../../src/web/page/shortcut.ts";

class Element {
  isContentEditable = false;
  readonly #tag: string;
  constructor(tag: string) {
    this.#tag = tag;
  }
  matches = (selector: string) => selector.split(", ").includes(this.#tag);
}

beforeEach(() => void vi.stubGlobal("HTMLElement", Element));
afterEach(() => void vi.unstubAllGlobals());

const pressed = (more: object = {}, target: unknown = new Element("body")) =>
  ({ key: "s", composedPath: () => [target], ...more }) as unknown as KeyboardEvent;

test.each(["s", "S"])("%s by itself is one", (key) => {
  expect(isShortcut(pressed({ key }), "s")).toBe(true);
  expect(isShortcut(pressed({ key }, null), "s")).toBe(true);
  expect(isShortcut(pressed({ key }), "f")).toBe(false);
});

test.each(["ctrlKey", "metaKey", "altKey", "repeat", "isComposing"])("with %s it is none", (name) => {
  expect(isShortcut(pressed({ [name]: true }), "s")).toBe(false);
});

test.each(["input", "textarea", "select"])("in %s it is text", (tag) => {
  expect(isShortcut(pressed({}, new Element(tag)), "s")).toBe(false);
});

test("in what is written to as it stands it is text", () => {
  expect(isShortcut(pressed({}, Object.assign(new Element("div"), { isContentEditable: true })), "s")).toBe(false);
});
