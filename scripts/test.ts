/** `npm test`: gets what is missing, builds, runs every test (or those that the arguments choose), and counts. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { ensure, TEST_NEEDS } from "./debian.ts";

const Report = v.object({ numPassedTests: v.number(), numFailedTests: v.number(), numPendingTests: v.number() });

if (!ensure(TEST_NEEDS)) process.exit(1);
await import("./build.ts");

const reportPath = join(mkdtempSync(join(tmpdir(), "sightline-test-")), "report.json");
const args = [
  "run",
  "--reporter=default",
  "--reporter=json",
  `--outputFile.json=${reportPath}`,
  ...process.argv.slice(2),
];
const { status } = spawnSync("vitest", args, { stdio: "inherit" });

const { numPassedTests, numFailedTests, numPendingTests } = v.parse(
  Report,
  JSON.parse(readFileSync(reportPath, "utf8")),
);
const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : "";
console.log(`${numPassedTests} passed, ${numFailedTests} failed${skipped}`);
process.exitCode = status === 0 && numPassedTests > 0 ? 0 : 1;
