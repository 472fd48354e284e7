import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { contained } from "../../../scripts/contained.ts";

/** Starts a process and makes a folder, tells of both, and leaves both behind. */
const CARELESS = `
import { spawn } from "node:child_process";
import { mkdtempSync, renameSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
const [, , told, ending] = process.argv;
const { pid } = spawn("sleep", ["600"], { stdio: "ignore" });
writeFileSync(told + ".new", JSON.stringify({ pid, folder: mkdtempSync(join(tmpdir(), "left-")) }));
renameSync(told + ".new", told);
if (ending === "ends") process.exit(3);
setInterval(() => {}, 1_000);
`;

const folder = mkdtempSync(join(tmpdir(), "sightline-contained-"));
const program = join(folder, "careless.mjs");
writeFileSync(program, CARELESS);
afterAll(() => rmSync(folder, { recursive: true }));

const left = (told: string): { pid: number; folder: string } => JSON.parse(readFileSync(told, "utf8"));

function runs(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

it("what a bench leaves behind goes when it has ended, and its exit code is told", async () => {
  const told = join(folder, "ended.json");
  expect(await contained(program, [told, "ends"], new AbortController().signal)).toBe(3);
  const { pid, folder: made } = left(told);
  expect([runs(pid), existsSync(made)]).toEqual([false, false]);
});

it("a bench that is asked to end goes with all that it started and made", async () => {
  const told = join(folder, "asked.json");
  const asked = new AbortController();
  const ended = contained(program, [told, "stays"], asked.signal);
  await expect.poll(() => existsSync(told), { timeout: 10_000 }).toBe(true);
  const { pid, folder: made } = left(told);
  expect([runs(pid), existsSync(made)]).toEqual([true, true]);
  asked.abort();
  expect(await ended).toBe(1);
  expect([runs(pid), existsSync(made)]).toEqual([false, false]);
});
