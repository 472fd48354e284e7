/** `npm test`: gets what is missing, builds, runs every test (or those that the arguments choose), and counts. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { ensure, TEST_NEEDS } from "./debian.ts";

const Test = v.object({ fullName: v.string(), status: v.string(), failureMessages: v.array(v.string()) });
const Report = v.object({
  numPassedTests: v.number(),
  numFailedTests: v.number(),
  numPendingTests: v.number(),
  testResults: v.array(v.object({ assertionResults: v.array(Test) })),
});

if (!ensure(TEST_NEEDS)) process.exit(1);
await import("./build.ts");

const dir = mkdtempSync(join(tmpdir(), "sightline-test-"));
const reportPath = join(dir, "report.json");
const args = [
  "run",
  "--reporter=default",
  "--reporter=json",
  `--outputFile.json=${reportPath}`,
  ...process.argv.slice(2),
];
// Some hundred processes of ours begin: each compiles, and has its types taken out, what the first one did.
const env = { ...process.env, NODE_COMPILE_CACHE: join(dir, "compiled") };
const { status } = spawnSync("vitest", args, { stdio: "inherit", env });

const { numPassedTests, numFailedTests, numPendingTests, testResults } = v.parse(
  Report,
  JSON.parse(readFileSync(reportPath, "utf8")),
);
for (const { fullName, status, failureMessages } of testResults.flatMap(({ assertionResults }) => assertionResults)) {
  if (status !== "passed" || failureMessages.length === 0) continue;
  console.log(`Passed at the second try only: ${fullName}\n  ${failureMessages[0]?.split("\n", 3).join("\n")}`);
}
const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : "";
console.log(`${numPassedTests} passed, ${numFailedTests} failed${skipped}`);
process.exitCode = status === 0 && numPassedTests > 0 ? 0 : 1;
