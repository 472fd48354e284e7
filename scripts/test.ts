/**
 * `npm test`: gets what is missing, builds, runs every test (or those that the arguments choose), and counts. `--report FILE`
 * keeps the runner's report, which tells how long each test took.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { ensure, TEST_NEEDS } from "./debian.ts";
import { Report, summaryOf } from "./test-summary.ts";

const chosen = process.argv.slice(2);
const at = chosen.indexOf("--report");
const [, kept] = at < 0 ? [] : chosen.splice(at, 2);
if (at >= 0 && kept === undefined) {
  console.error("--report takes a file's name.");
  process.exit(2);
}
if (!ensure(TEST_NEEDS)) process.exit(1);
await import("./build.ts");

const dir = mkdtempSync(join(tmpdir(), "sightline-test-"));
try {
  const reportPath = join(dir, "report.json");
  const status = await runTests(reportPath);
  const isThere = existsSync(reportPath);
  if (isThere && kept !== undefined) copyFileSync(reportPath, kept);
  const report = isThere ? v.parse(Report, JSON.parse(readFileSync(reportPath, "utf8"))) : undefined;
  const { lines, passed } = summaryOf(report, status, process.cwd());
  for (const line of lines) console.log(line);
  process.exitCode = passed ? 0 : 1;
} finally {
  // What tests left running may still be writing what it compiled.
  rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
}

/** @returns its exit code, or what ended it */
async function runTests(reportPath: string): Promise<number | string> {
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${reportPath}`];
  // Some hundred processes of ours begin: each compiles, and has its types taken out, what the first one did.
  const env = { ...process.env, NODE_COMPILE_CACHE: join(dir, "compiled") };
  const runner = spawn("vitest", ["run", ...reporters, ...chosen], { stdio: "inherit", env });
  // A terminal tells the runner by itself. What is kept goes when it has ended.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => runner.kill("SIGTERM"));
  try {
    const [code, signal] = await once(runner, "exit");
    return code ?? signal;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
