import { spawnSync } from "node:child_process";
import { setFlagsFromString } from "node:v8";
import { expect, it, vi } from "vitest";
import { collectSeldom } from "../../src/sender/garbage.ts";

vi.mock("node:v8", async (original) => ({
  ...(await original<typeof import("node:v8")>()),
  setFlagsFromString: vi.fn(),
}));

it("this Node's V8 knows what is asked of its garbage collector: it says nothing of flags that it does not know", () => {
  collectSeldom();
  const asked = vi.mocked(setFlagsFromString).mock.calls.map(([flag]) => flag.split("=")[0]);
  const { stdout } = spawnSync(process.execPath, ["--v8-options"], { encoding: "utf8" });
  const known = [...stdout.matchAll(/^ {2}(--[a-z0-9-]+) \(/gm)].map(([, name]) => name);
  expect(asked).toHaveLength(3);
  expect(known).toEqual(expect.arrayContaining(asked));
});
