import { afterEach, describe, expect, it, vi } from "vitest";
import { Measurement } from "../../../bench/measurement.ts";
import { publish } from "../../../bench/results.ts";

vi.mock("../../../bench/results.ts", () => ({ publish: vi.fn() }));

const { exitCode } = process;
afterEach(() => {
  process.exitCode = exitCode;
  vi.restoreAllMocks();
  vi.mocked(publish).mockReset();
});

it("a bench of which something failed ends with 1, though it tells the rest", () => {
  vi.spyOn(console, "error").mockImplementation(() => {});
  const measurement = new Measurement("adapt", []);
  measurement.publish("", {});
  expect(process.exitCode).toBe(exitCode);
  measurement.failed("chromium", new Error("did not start"));
  measurement.publish("", {});
  expect(process.exitCode).toBe(1);
});

it("what failed is told before what closing failed with after it", async () => {
  const told = vi.spyOn(console, "error").mockImplementation(() => {});
  const closing = (message: string) => ({
    [Symbol.asyncDispose]: async () => {
      throw new Error(message);
    },
  });
  const measurement = new Measurement("adapt", []);
  try {
    await using _namespace = closing("namespace is busy");
    await using _browser = closing("browser is gone");
    throw new Error("no picture");
  } catch (error) {
    measurement.failed("steady", error);
  }
  expect(told).toHaveBeenCalledWith(
    "steady: no picture; then, while closing: browser is gone; then, while closing: namespace is busy",
  );
});

describe("a machine that had other work", () => {
  /** The mean load of a minute, once `processes` of it have ended. */
  async function quietAfter(processes: number, args: string[] = [], stolenPercent = 0) {
    vi.spyOn(console, "log").mockImplementation(() => {});
    let passedMs = 0;
    const load = () => [processes * Math.exp(-passedMs / 60_000), 0, 0];
    const measurement = new Measurement("adapt", args);
    const wait = async (ms: number) => {
      passedMs += ms;
    };
    await measurement.quiet({ load, stolen: () => () => stolenPercent, wait });
    measurement.publish("table", {});
    const [, text, figures, , lacks] = vi.mocked(publish).mock.lastCall ?? expect.unreachable("nothing was published");
    return { passedMs, text, figures, lacks };
  }

  it("is waited for until its mean load has fallen, which takes minutes", async () => {
    const { passedMs, text, figures, lacks } = await quietAfter(6);
    expect(passedMs).toBeGreaterThan(60_000 * Math.log(12));
    expect(passedMs).toBeLessThan(180_000);
    expect(text).toBe("table");
    expect(lacks).toEqual([]);
    expect(figures).not.toHaveProperty("notQuiet");
  });

  it("is told of where that did not help, or nobody waited, and gives no result", async () => {
    expect(await quietAfter(20)).toMatchObject({
      passedMs: 180_000,
      text: expect.stringMatching(/^table\n\nThe machine was not quiet \(load 1\.00 before\)\.$/),
      figures: { notQuiet: expect.stringContaining("not quiet") },
      lacks: ["the machine was not quiet"],
    });
    expect((await quietAfter(2, ["--quick"])).text).toContain("not quiet (load 2.00 before)");
  });

  it("is told of where its host gave processors to others, and that alone takes nothing from a result", async () => {
    expect(await quietAfter(0, [], 12.5)).toMatchObject({
      text: "table\n\nOther machines on its host had 12.5 % of the processors' time.",
      figures: { stolenPercent: 12.5 },
      lacks: [],
    });
  });
});
