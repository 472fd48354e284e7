import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { chosen, countOf, UsageError } from "../../../bench/args.ts";
import { median, spread, table } from "../../../bench/figures.ts";
import { Measurement } from "../../../bench/measurement.ts";
import { folderFor, publish } from "../../../bench/results.ts";

describe("what a bench is asked for", () => {
  const known = ["steady", "two flows", "drop"] as const;

  it("comes in the order of what there is", () => {
    expect(chosen(["--scenarios", "drop,two flows"], "--scenarios", known)).toEqual(["two flows", "drop"]);
    expect(chosen([], "--scenarios", known)).toBeUndefined();
  });

  it.each(["stead", "drop,", "", "drop,none"])("is refused when there is no such thing: %j", (text) => {
    expect(() => chosen(["--scenarios", text], "--scenarios", known)).toThrow(UsageError);
  });

  it("is refused as a number that is none", () => {
    expect(countOf(["--rounds", "3"], "--rounds")).toBe(3);
    for (const text of ["0", "1.5", "many", "", "3,5"])
      expect(() => countOf(["--rounds", text], "--rounds")).toThrow(UsageError);
  });
});

describe("a result", () => {
  const lacksOf = (...args: string[]) => {
    const measurement = new Measurement("adapt", args);
    measurement.chosen("--senders", ["sightline", "chromium"]);
    measurement.count("--rounds", 2);
    return measurement;
  };

  it("measured everything, as often as usual or oftener", () => {
    for (const args of [[], ["--rounds", "3"], ["--senders", "chromium,sightline"]]) {
      expect(lacksOf(...args).lacks).toEqual([]);
    }
  });

  it.each([[["--quick"]], [["--rounds", "1"]], [["--senders", "sightline"]]])(
    "is not what asked for less: %j",
    (args) => {
      expect(lacksOf(...args).lacks).toHaveLength(1);
    },
  );

  it("is not what failed in part", () => {
    const told = vi.spyOn(console, "error").mockImplementation(() => {});
    const measurement = lacksOf();
    measurement.failed("chromium", new Error("did not start"));
    expect(told).toHaveBeenCalledWith("chromium: did not start");
    expect(measurement.lacks).toEqual(["something failed"]);
    told.mockRestore();
  });
});

it("what was measured in part takes no result's place", () => {
  expect([folderFor([]), folderFor(["--quick"])]).toEqual(["results", "results/local"]);
});

it("what has fewer rounds than the result that is kept takes not its place", () => {
  const told = vi.spyOn(console, "log").mockImplementation(() => {});
  const folder = mkdtempSync(join(tmpdir(), "sightline-results-"));
  onTestFinished(() => {
    told.mockRestore();
    rmSync(folder, { recursive: true });
  });
  const keep = (figures: object, lacks: string[] = []) =>
    publish("adapt", "", figures, [], lacks, pathToFileURL(`${folder}/`));
  const kept = (place: string) => JSON.parse(readFileSync(join(folder, place, "adapt.json"), "utf8"));
  keep({ rounds: 3, of: "first" });
  keep({ rounds: 1, of: "second" });
  const why = "--rounds 1, where the result that is kept has 3";
  expect(told).toHaveBeenLastCalledWith(
    expect.stringContaining(`results/local/adapt.json, and no result, for: ${why}.`),
  );
  expect(kept("results")).toMatchObject({ rounds: 3, of: "first" });
  expect(kept("results/local")).toMatchObject({ of: "second", noResultFor: [why] });
  keep({ rounds: 1 }, ["--quick"]);
  expect(kept("results/local").noResultFor).toEqual(["--quick"]);
  keep({ rounds: 3, of: "third" });
  expect(kept("results").of).toBe("third");
});

describe("figures of samples", () => {
  const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

  it("of an even count have the mean of the middle two in the middle", () => {
    expect([median([4, 1]), median([3, 1, 2]), median([7])]).toEqual([2.5, 2, 7]);
  });

  it("leave percentiles out that would be the greatest sample", () => {
    expect(spread(upTo(19))).toEqual({ count: 19, p50: 10 });
    expect(spread(upTo(20))).toEqual({ count: 20, p50: 10.5, p95: 19 });
    expect(spread(upTo(100))).toEqual({ count: 100, p50: 50.5, p95: 95, p99: 99 });
  });

  it("are blank in a table where they are not", () => {
    expect(
      table(["of", "ms"], [["a", undefined]])
        .split("\n")
        .at(-1),
    ).toBe("a     ");
  });
});
