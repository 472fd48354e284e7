import { expect, it } from "vitest";
import { differencesOf } from "../../../bench/cost/model.ts";
import { JOINS } from "../../../bench/cost/scenarios.ts";
import kept from "../../../bench/results/cost.json" with { type: "json" };

const page = JOINS.find(({ name }) => name === "page") ?? expect.unreachable("no page");
const { requests, join: messages, leave } = kept.observed;
const LEAVE = { requests: [], messages: leave };

it("the page's join is played as the real one was counted", () => {
  expect(differencesOf(page, { requests, messages }, LEAVE)).toEqual([]);
});

it("what a real join has more or less than the one that is played is told", () => {
  const fewer = messages.filter((message) => message !== "sender standby");
  const more = [...requests, "GET /words.js"];
  expect(differencesOf(page, { requests: more, messages: ["viewer candidate", ...fewer] }, LEAVE)).toEqual([
    '"viewer candidate" is there 5 times, and 4 in the scenario',
    '"sender standby" is there 0 times, and 1 in the scenario',
    '"GET /words.js" is there 1 times, and 0 in the scenario',
  ]);
});
