import { expect, it } from "vitest";
import { PathNotice } from "../../src/sender/path-notice.ts";
import { endsPathless } from "../../src/sender/viewer-timings.ts";

const ANSWERED_AT_MS = 100_000;
const stages = { offerReceivedAtMs: ANSWERED_AT_MS - 20, answerSentAtMs: ANSWERED_AT_MS };

it.each([
  ["answered five seconds ago", stages, 5_001, true],
  ["answered just now", stages, 5_000, false],
  ["with a path", { ...stages, iceConnectedAtMs: ANSWERED_AT_MS + 300 }, 60_000, false],
  ["that was not answered", { offerReceivedAtMs: ANSWERED_AT_MS }, 60_000, false],
])("a connection that ends, %s, after %j and %i ms", (_, of, afterMs, pathless) => {
  expect(endsPathless(of, ANSWERED_AT_MS + afterMs)).toBe(pathless);
});

it("says once in a run that a viewer found no path, and of a TURN server where there is none", () => {
  const notes: string[] = [];
  const notice = new PathNotice((line) => notes.push(line));
  for (const hasTurn of [false, false, true, true, false]) notice.tell(hasTurn);
  expect(notes).toEqual([
    "A viewer was answered, but no path to it was found, and the edge names no TURN server for this sender: docs/deploy.md, TURN.",
    "A viewer was answered, but no path to it was found: docs/networks.md.",
  ]);
});
