import { describe, expect, it } from "vitest";
import { type Holder, isInLedger, keepInLedger, type Ledger } from "../../src/worker/ice/ledger.ts";

const NOW_MS = 1_800_000_000_000;
const LATER_MS = NOW_MS + 1_000;
const holder = (id: string, ...usernames: string[]): Holder => ({
  id,
  role: "viewer",
  credentials: usernames.map((username) => ({ username, expiresAtMs: LATER_MS })),
});
const keep = (holders: Holder[], nowMs = NOW_MS) =>
  holders.reduce<Ledger>((ledger, each) => keepInLedger(ledger, each, nowMs), []);
const names = (ledger: Ledger) => ledger.map(({ id, credentials }) => [id, ...credentials.map((c) => c.username)]);

describe("the row of TURN credentials", () => {
  it("has each user name of a participant once, and who was given some last at its end", () => {
    const ledger = keep([holder("ann", "1", "2"), holder("bob", "3"), holder("ann", "2", "4")]);
    expect(names(ledger)).toEqual([
      ["bob", "3"],
      ["ann", "1", "2", "4"],
    ]);
  });

  it("forgets what has expired, of everybody", () => {
    expect(names(keepInLedger(keep([holder("ann", "1")]), holder("bob", "2"), LATER_MS))).toEqual([]);
  });

  it("holds 256 participants and eight names of each", () => {
    const crowd = Array.from({ length: 257 }, (_, i) => holder(`viewer ${i}`, `${i}`));
    const ledger = keep(crowd);
    expect([ledger.length, ledger[0]?.id]).toEqual([256, "viewer 1"]);
    const many = keep([holder("ann", ..."123456789")]);
    expect(names(many)).toEqual([["ann", ..."23456789"]]);
  });

  it.each<[string, Holder, boolean]>([
    ["what it has", holder("ann", "1"), true],
    ["all of it", holder("ann", "2", "1"), true],
    ["more than it has", holder("ann", "1", "3"), false],
    ["another's", holder("bob", "1"), false],
  ])("is written only for news: %s", (_name, given, isThere) => {
    expect(isInLedger(keep([holder("ann", "1", "2")]), given, NOW_MS)).toBe(isThere);
  });

  it("is not written for what has expired", () => {
    expect(isInLedger([], holder("ann", "1"), LATER_MS)).toBe(true);
  });
});
