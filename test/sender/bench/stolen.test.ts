import { expect, it, vi } from "vitest";
import { leastDisturbed, stolenSince, ticksOf } from "../../../bench/stolen.ts";

const STAT = `cpu  500 10 200 7000 30 0 60 200 90 5
cpu0 250 5 100 3500 15 0 30 100 45 2
intr 1 2 3
`;

it("reads the ticks of all processors, and those that others had; guests' are in the user's", () => {
  expect(ticksOf(STAT)).toEqual({ all: 8_000, stolen: 200 });
});

it.each([
  ["", "a system without it"],
  ["cpu  1 2 3\n", "a kernel that does not count it"],
])("has nothing to tell of %j: %s", (stat) => {
  expect(ticksOf(stat)).toBeUndefined();
});

it.each([
  [{ all: 8_400, stolen: 210 }, 2.5],
  [{ all: 8_400, stolen: 200 }, 0],
  [{ all: 8_000, stolen: 200 }, 0],
  [undefined, undefined],
])("tells the share that others had until %j", (now, percent) => {
  const reads = [{ all: 8_000, stolen: 200 }, now];
  expect(stolenSince(() => reads.shift())()).toBe(percent);
});

it("keeps what it has where a further try fails", async () => {
  const disturbed = { stolenPercent: 9 };
  const measure = vi
    .fn(async () => disturbed)
    .mockRejectedValue(new Error("no picture"))
    .mockResolvedValueOnce(disturbed);
  expect(await leastDisturbed(measure)).toBe(disturbed);
});

it("measures once where no system tells", async () => {
  const measure = once([undefined]);
  expect(await leastDisturbed(measure)).toMatchObject({ i: 0 });
});

const once = (percents: (number | undefined)[]) => {
  const left = percents.map((stolenPercent, i) => ({ stolenPercent, i }));
  return async () => left.shift() ?? expect.unreachable("measured too often");
};

it.each([
  [[3], 0],
  [[3.1, 0], 1],
  [[8, 20, 2], 2],
  [[8, 20, 9], 0],
])("of what was disturbed by %j %%, try %i counts", async (percents, i) => {
  const measure = once(percents);
  expect(await leastDisturbed(measure)).toMatchObject({ i });
  await expect(measure()).rejects.toThrow("measured too often");
});
