import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";

const CLI = fileURLToPath(new URL("../../src/sender/cli.ts", import.meta.url));
let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "sightline-home-"));
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function version(env: Record<string, string>): Promise<{ code: number; out: string }> {
  const { NODE_COMPILE_CACHE: _, XDG_CACHE_HOME: __, ...others } = process.env;
  const child = spawn(process.execPath, [CLI, "--version"], { env: { ...others, HOME: home, ...env } });
  let out = "";
  child.stdout.on("data", (chunk) => (out += chunk));
  const [code] = await once(child, "close");
  return { code, out };
}

it("keeps what was compiled in a folder of this user's alone", async () => {
  expect(await version({})).toEqual({ code: 0, out: expect.stringMatching(/\d+\.\d+\.\d+/) });
  const folder = join(home, ".cache/sightline/compiled");
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  const [kept = ""] = await readdir(folder);
  expect((await readdir(join(folder, kept))).length).toBeGreaterThan(50);
});

it("starts all the same where nothing can be kept", async () => {
  await writeFile(join(home, "file"), "");
  expect((await version({ XDG_CACHE_HOME: join(home, "file") })).code).toBe(0);
});
