import { expect, it } from "vitest";
import { inRounds } from "../../../bench/first-frame/rounds.ts";

/** What happens in four rounds where the openings and rounds fail that are named, both counted from 0. */
async function happened(failing: { openings?: number[]; rounds?: number[] }): Promise<string[]> {
  const log: string[] = [];
  let [openings, rounds] = [0, 0];
  const open = async () => {
    if (failing.openings?.includes(openings++)) throw new Error("did not open");
    log.push("open");
    return { [Symbol.asyncDispose]: async () => void log.push("close") };
  };
  const once = async () => {
    if (failing.rounds?.includes(rounds++)) throw new Error("no picture");
    log.push("round");
  };
  await inRounds(4, open, once, (round, error) => void log.push(`${round}: ${(error as Error).message}`));
  return log;
}

it("rounds are done on one thing, opened once", async () => {
  expect(await happened({})).toEqual(["open", "round", "round", "round", "round", "close"]);
});

it("a round that fails loses itself alone, and the next has the thing opened anew", async () => {
  const log = await happened({ rounds: [1] });
  expect(log).toEqual(["open", "round", "close", "1: no picture", "open", "round", "round", "close"]);
});

it("an opening that fails loses the round that it was for, and not for ever", async () => {
  expect(await happened({ openings: [0, 1, 2, 3] })).toEqual([0, 1, 2, 3].map((round) => `${round}: did not open`));
});
