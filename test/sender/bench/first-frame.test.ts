import { expect, it } from "vitest";
import { fromClickMs, stagesOf } from "../../../bench/first-frame/stages.ts";

it("who clicks waits for the page too, and not from its script's start only", () => {
  const told = { originMs: 1_000, pageMs: 20, timings: { start: 30, offerSent: 45, firstFrame: 125 } };
  const run = stagesOf(told, { offerReceivedAtMs: 1_050 });
  expect(run).toMatchObject({ "script starts": 30, "offer leaves": 15, shown: 95 });
  expect(fromClickMs(run)).toBe(125);
});
