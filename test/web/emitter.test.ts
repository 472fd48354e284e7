import { afterEach, expect, test, vi } from "vitest";
import { Emitter } from "../../src/web/client/emitter.ts";

interface Events {
  one: number;
  two: string;
}

afterEach(() => {
  vi.unstubAllGlobals();
});

test("a listener that throws is reported and keeps no other from hearing, then or later", () => {
  const reported = vi.fn();
  vi.stubGlobal("reportError", reported);
  const emitter = new Emitter<Events>();
  const heard: number[] = [];
  const error = new Error("of the page");
  emitter.on("one", () => {
    throw error;
  });
  emitter.on("one", (value) => heard.push(value));
  emitter.emit("one", 1);
  emitter.emit("one", 2);
  expect(heard).toEqual([1, 2]);
  expect(reported.mock.calls).toEqual([[error], [error]]);
});

test("what a listener brings about is told after all have heard what it was told", () => {
  const emitter = new Emitter<Events>();
  const heard: string[] = [];
  emitter.on("one", (value) => {
    heard.push(`first ${value}`);
    if (value > 2) return;
    emitter.emit("two", `of ${value}`);
    emitter.emit("one", value + 1);
    heard.push(`first is done with ${value}`);
  });
  emitter.on("one", (value) => heard.push(`second ${value}`));
  emitter.on("two", (value) => heard.push(`other ${value}`));
  emitter.emit("one", 2);
  expect(heard).toEqual(["first 2", "first is done with 2", "second 2", "other of 2", "first 3", "second 3"]);
});

test("who stops listening hears no more, not even what it brought about before", () => {
  const emitter = new Emitter<Events>();
  const heard: number[] = [];
  const stop = emitter.on("one", (value) => {
    heard.push(value);
    emitter.emit("one", value + 1);
    stop();
  });
  emitter.emit("one", 1);
  emitter.emit("one", 5);
  expect(heard).toEqual([1]);
});
