import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import { firstLine } from "../../../bench/within.ts";

function started(script: string) {
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "ignore"] });
  return { child, lines: createInterface(child.stdout) };
}

describe("a process of a bench", () => {
  it("is waited for until its first line", async () => {
    const { child, lines } = started("console.log(1234); setInterval(() => {}, 1000)");
    expect(await firstLine(child, lines)).toBe("1234");
    child.kill();
  });

  it("that ends without one is not", async () => {
    const { child, lines } = started("process.exit(3)");
    await expect(firstLine(child, lines)).rejects.toThrow("ended before it said anything");
  });

  it("that says nothing is not for long, and is ended", async () => {
    const { child, lines } = started("setInterval(() => {}, 1000)");
    const exited = once(child, "exit");
    await expect(firstLine(child, lines, 50)).rejects.toThrow("said nothing within 0.05 s");
    expect(await exited).toEqual([null, "SIGTERM"]);
  });

  it("that cannot be started is not", async () => {
    const child = spawn("/nonexistent/program", [], { stdio: ["ignore", "pipe", "ignore"] });
    await expect(firstLine(child, createInterface(child.stdout))).rejects.toThrow("ENOENT");
  });
});
