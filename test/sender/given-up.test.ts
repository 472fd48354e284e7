import { expect, it } from "vitest";
import type { Connection } from "../../src/sender/delivery/connection.ts";
import { untried } from "../../src/sender/delivery/delivery-report.ts";
import { isGivenUp } from "../../src/sender/given-up.ts";

const ASKED_AT_MS = 100_000;

function seat(state: Connection["state"], unansweredSinceMs?: number) {
  const report = { ...untried(1_000_000, 0), unansweredSinceMs };
  return { peer: { state, report } as Connection, stages: { offerReceivedAtMs: ASKED_AT_MS } };
}

it.each<[string, Parameters<typeof isGivenUp>[0], boolean, number | undefined]>([
  ["that does not come up, after 20 s", seat("connecting"), true, 20_000],
  ["of who is gone from the edge and answers nothing, after 6 s", seat("connected", ASKED_AT_MS), false, 6_000],
  ["of who is sent nothing never, though nothing is heard of it", seat("connected"), false, undefined],
  ["of who is still at the edge never", seat("connected", ASKED_AT_MS), true, undefined],
  ["that is closed already never", seat("closed", ASKED_AT_MS), false, undefined],
])("a connection is given up %s", (_, of, present, afterMs) => {
  expect(isGivenUp(of, present, ASKED_AT_MS + 3_600_000)).toBe(afterMs !== undefined);
  if (afterMs === undefined) return;
  expect(isGivenUp(of, present, ASKED_AT_MS + afterMs)).toBe(false);
  expect(isGivenUp(of, present, ASKED_AT_MS + afterMs + 1)).toBe(true);
});
