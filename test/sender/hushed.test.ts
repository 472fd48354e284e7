import { createRequire } from "node:module";
import { expect, it } from "vitest";
import { hushed } from "../../src/sender/hushed.ts";

/** werift's own. */
const debug = createRequire(import.meta.resolve("werift"))("debug");

it.each(["*", "werift*", "werift-ice*,http", "http werift-dtls*"])("DEBUG=%s tells nothing of werift's", (asked) => {
  const before = debug.disable();
  try {
    debug.enable(hushed(asked));
    const names = ["werift-ice : packages/ice/src/ice.ts : log", "werift-dtls : packages/dtls/src/client.ts : log"];
    expect(names.map((name) => debug.enabled(name))).toEqual([false, false]);
    expect(debug.enabled("http")).toBe(asked !== "werift*");
  } finally {
    debug.enable(before);
  }
});

it("asks for nothing where nothing was asked for", () => {
  expect([hushed(undefined), hushed("")]).toEqual([undefined, ""]);
});
