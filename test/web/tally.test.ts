import { describe, expect, it } from "vitest";
import { Tally } from "../../src/web/client/tally.ts";

const stats = (framesDecoded: number, change: object = {}) => {
  return {
    framesReceived: framesDecoded,
    framesDecoded,
    framesDropped: 0,
    packetsLost: 0,
    freezes: 0,
    frozenMs: 0,
    ...change,
  };
};

describe("the counts of a visit", () => {
  it("go on with the next connection, whose own begin at zero", () => {
    const tally = new Tally();
    tally.note(1, stats(50_000, { freezes: 2, frozenMs: 700, packetsLost: 9 }), 0, false);
    tally.note(2, stats(12, { freezes: 1, frozenMs: 300, packetsLost: 1 }), 250, false);
    const now = stats(13, { freezes: 1, frozenMs: 300, packetsLost: 1 });
    expect(tally.total(2, now)).toMatchObject({ framesDecoded: 50_013, freezes: 3, frozenMs: 1_000, packetsLost: 10 });
  });

  it("hold what went before while there is no connection, or one that shows nothing yet", () => {
    const tally = new Tally();
    tally.note(1, stats(40), 0, false);
    expect(tally.total()).toMatchObject({ framesDecoded: 40 });
    expect(tally.total(2, stats(0))).toMatchObject({ framesDecoded: 40 });
    expect(new Tally().total()).toMatchObject({ framesDecoded: 0, freezes: undefined });
  });

  it("have as a freeze the time from the last frame of one to the first of the next", () => {
    const tally = new Tally();
    tally.note(1, stats(40), 0, false);
    for (let nowMs = 250; nowMs <= 8_000; nowMs += 250) tally.note(1, stats(60), nowMs, false);
    tally.note(2, stats(1), 10_250, false);
    expect(tally.total(2, stats(1))).toMatchObject({ framesDecoded: 61, freezes: 1, frozenMs: 10_000 });
  });

  it("have none where the picture went on until the next took over", () => {
    const tally = new Tally();
    for (let nowMs = 0; nowMs <= 8_000; nowMs += 250) tally.note(1, stats(nowMs / 33), nowMs, false);
    tally.note(2, stats(1), 8_250, false);
    expect(tally.total(2, stats(1))).toMatchObject({ freezes: 0, frozenMs: 0 });
  });

  it("have none where the owner held the picture back until then, and one from the resuming on", () => {
    const paused = new Tally();
    for (let nowMs = 0; nowMs <= 600_000; nowMs += 250) paused.note(1, stats(40), nowMs, nowMs > 0);
    paused.note(2, stats(0), 600_250, true);
    expect(paused.total(2, stats(0))).toMatchObject({ freezes: 0, frozenMs: 0 });
    for (let nowMs = 600_500; nowMs <= 602_000; nowMs += 250) paused.note(2, stats(0), nowMs, false);
    paused.note(3, stats(1), 602_250, false);
    expect(paused.total(3, stats(1))).toMatchObject({ freezes: 1, frozenMs: 2_000 });
  });
});
