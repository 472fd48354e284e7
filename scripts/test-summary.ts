/** What `npm test` says in the end, of the runner's own report. */
import { relative } from "node:path";
import * as v from "valibot";

const Test = v.object({ fullName: v.string(), status: v.string(), failureMessages: v.array(v.string()) });
const File = v.object({ name: v.string(), status: v.string(), message: v.string(), assertionResults: v.array(Test) });
export const Report = v.object({
  numPassedTests: v.number(),
  numFailedTests: v.number(),
  numPendingTests: v.number(),
  testResults: v.array(File),
});
export type Report = v.InferOutput<typeof Report>;

export interface Summary {
  /** The last one ends with the counts. */
  lines: string[];
  passed: boolean;
}

/**
 * @param report nothing when the runner ended before it wrote one
 * @param status the runner's exit code, or what ended it
 * @param root the folder that files are named from
 */
export function summaryOf(report: Report | undefined, status: number | string, root: string): Summary {
  if (!report) {
    return { lines: [`vitest ended (${status}) before its report: see above. 0 passed, 0 failed`], passed: false };
  }
  const { numPassedTests, numFailedTests, numPendingTests, testResults } = report;
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  const late = tests.filter(({ status, failureMessages }) => status === "passed" && failureMessages.length > 0);
  // It could not be imported, its hooks failed, or its process ended: no test of it says so.
  const broken = testResults.filter((file) => {
    return file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed");
  });
  const failed = numFailedTests + broken.length;
  const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : "";
  const counts = `${numPassedTests} passed, ${failed} failed${skipped}`;
  const outside = status !== 0 && failed === 0;
  return {
    lines: [
      ...late.map((test) => `Passed at the second try only: ${test.fullName}\n  ${beginOf(test.failureMessages[0])}`),
      ...broken.map((file) => `Failed as a whole: ${relative(root, file.name)}\n  ${beginOf(file.message)}`),
      outside ? `vitest ended (${status}), though no test failed: see above. ${counts}` : counts,
    ],
    passed: status === 0 && failed === 0 && numPassedTests > 0,
  };
}

function beginOf(message = ""): string {
  return message.split("\n", 3).join("\n");
}
