import { afterEach, describe, expect, it, vi } from "vitest";
import { answer } from "../../../bench/answer.ts";
import { UsageError } from "../../../bench/args.ts";
import { read as readGlass } from "../../../bench/glass.bench.ts";
import { Measurement } from "../../../bench/measurement.ts";
import { present } from "../../../bench/peers/present.ts";

afterEach(() => vi.restoreAllMocks());

/** What is done, one after another, for a bench that has peers. */
async function done(args: string[], ensured = true): Promise<string[]> {
  const log: string[] = [];
  const bench = {
    needs: [],
    read: (measurement: Measurement) => {
      measurement.count("--rounds", 2);
      return measurement.chosen("--peers", ["pion", "aiortc"]);
    },
    run: async (_: Measurement, peers: string[]) => void log.push(...peers),
  };
  const preparation = {
    build: async () => void log.push("build"),
    ensure: () => log.push("ensure") > 0 && ensured,
  };
  try {
    if (!(await answer(bench, new Measurement("glass", args), preparation))) log.push("missing");
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    log.push(error.message);
  }
  return log;
}

describe("what a bench is asked for", () => {
  it("is measured when all of it is there", async () => {
    expect(await done(["--peers", "pion", "--quick", "--json"])).toEqual(["build", "ensure", "pion"]);
    expect(await done([], false)).toEqual(["build", "ensure", "missing"]);
  });

  it.each([
    [["--peers", "poin"], '--peers knows no "poin"'],
    [["--peer", "pion"], 'This bench knows no "--peer", only: --rounds, --peers, --quick, --json.'],
    [["--rounds=3"], 'This bench knows no "--rounds=3"'],
    [["--rounds", "3", "pion"], 'This bench knows no "pion"'],
    [["--peers", "pion", "--peers", "aiortc"], "--peers is there twice"],
  ])("is refused before anything is built or installed where there is no such thing: %j", async (args, sentence) => {
    expect(await done(args)).toEqual([expect.stringContaining(sentence)]);
  });

  it("is what the benches themselves read", () => {
    const measurement = new Measurement("glass", ["--formats", "720p30", "--peers", "werift", "--rounds", "1"]);
    const { peers, formats, rounds } = readGlass(measurement);
    expect(() => measurement.refuseOthers()).not.toThrow();
    expect([peers, formats].map((each) => each.map(({ name }) => name))).toEqual([["werift"], ["720p30"]]);
    expect(rounds).toBe(1);
  });
});

it("a peer whose packages are missing is a failure of its own, and the others are measured", () => {
  const told = vi.spyOn(console, "error").mockImplementation(() => {});
  const measurement = new Measurement("glass", []);
  const need = (name: string) => ({ package: name, file: `/nowhere/${name}` });
  const installed = new Set<string>();
  const missingOf = (needs: { package: string }[]) =>
    needs.map((each) => each.package).filter((name) => !installed.has(name));
  /** As apt does: of a list with one that it refuses it installs none. */
  const ensure = (needs: { package: string }[]) => {
    const names = needs.map((each) => each.package);
    if (names.includes("refused")) return false;
    for (const name of names) installed.add(name);
    return true;
  };
  const kinds = [
    { name: "aiortc", needs: [need("shared"), need("refused")] },
    { name: "pion", needs: [need("shared"), need("own")] },
  ];
  expect(present(measurement, kinds, { ensure, missingOf }).map(({ name }) => name)).toEqual(["pion"]);
  expect(told).toHaveBeenCalledWith(
    expect.stringMatching(/^aiortc: shared, refused missing\. Install with: sudo apt-get .* shared refused$/),
  );
  expect(measurement.lacks).toEqual(["something failed"]);
});
