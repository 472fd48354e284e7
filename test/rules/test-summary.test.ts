import { describe, expect, it } from "vitest";
import { type Report, summaryOf } from "../../scripts/test-summary.ts";

const passedTest = { fullName: "a thing works", status: "passed", failureMessages: [] as string[] };
const failedTest = { fullName: "a thing breaks", status: "failed", failureMessages: ["Error: broken"] };
const file = (status: string, tests: (typeof passedTest)[], message = "") => {
  return { name: "/project/test/a.test.ts", status, message, assertionResults: tests };
};

function report(files: Report["testResults"], skipped = 0): Report {
  const count = (wanted: string) =>
    files.flatMap(({ assertionResults }) => assertionResults).filter(({ status }) => status === wanted).length;
  const counts = { numPassedTests: count("passed"), numFailedTests: count("failed"), numPendingTests: skipped };
  return { ...counts, testResults: files };
}

describe("what npm test says in the end", () => {
  it("is the counts, and what was skipped", () => {
    const all = report([file("passed", [passedTest, passedTest])], 1);
    expect(summaryOf(all, 0, "/project")).toEqual({ lines: ["2 passed, 0 failed, 1 skipped"], passed: true });
  });

  it("names what passed at the second try only", () => {
    const late = { ...passedTest, failureMessages: ["Error: late\nat a\nat b\nat c"] };
    const { lines, passed } = summaryOf(report([file("passed", [late])]), 0, "/project");
    expect(lines).toEqual([
      "Passed at the second try only: a thing works\n  Error: late\nat a\nat b",
      "1 passed, 0 failed",
    ]);
    expect(passed).toBe(true);
  });

  it("counts a file that failed as a whole, and names it", () => {
    const broken = file("failed", [], "Cannot find module");
    expect(summaryOf(report([file("passed", [passedTest]), broken]), 1, "/project")).toEqual({
      lines: ["Failed as a whole: test/a.test.ts\n  Cannot find module", "1 passed, 1 failed"],
      passed: false,
    });
  });

  it("does not count a file for its failed tests", () => {
    const { lines } = summaryOf(report([file("failed", [passedTest, failedTest])]), 1, "/project");
    expect(lines).toEqual(["1 passed, 1 failed"]);
  });

  it("is no success where something failed outside of all tests", () => {
    expect(summaryOf(report([file("passed", [passedTest])]), 1, "/project")).toEqual({
      lines: ["vitest ended (1), though no test failed: see above. 1 passed, 0 failed"],
      passed: false,
    });
  });

  it("is no success where nothing ran", () => {
    expect(summaryOf(report([]), 0, "/project")).toEqual({ lines: ["0 passed, 0 failed"], passed: false });
  });

  it("is a line where the runner ended before its report", () => {
    expect(summaryOf(undefined, "SIGKILL", "/project")).toEqual({
      lines: ["vitest ended (SIGKILL) before its report: see above. 0 passed, 0 failed"],
      passed: false,
    });
  });
});
