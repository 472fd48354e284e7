import { describe, expect, it } from "vitest";
import { Estimator } from "../../../src/sender/congestion/estimator.ts";
import { Arrival } from "../../../src/sender/delivery/arrival.ts";
import { Behind } from "../../../src/sender/delivery/behind.ts";
import { boundsOf, demandOf } from "../../../src/sender/delivery/delivery-report.ts";
import { Freshness } from "../../../src/sender/delivery/freshness.ts";
import { Lane } from "../../../src/sender/delivery/lane.ts";
import { Rate } from "../../../src/sender/delivery/rate.ts";
import { type PackedPicture, Recent } from "../../../src/sender/delivery/recent.ts";
import { Unanswered } from "../../../src/sender/delivery/unanswered.ts";

const key = (rung: number) => ({ rung, keyframe: true, stale: false });
const delta = (rung: number) => ({ rung, keyframe: false, stale: false });

describe("a viewer's lane", () => {
  it("begins with a keyframe of whichever rung has one first", () => {
    const lane = new Lane();
    lane.wanted = 1;
    expect(lane.admits(delta(0))).toBe("no");
    expect(lane.admits(key(0))).toBe("yes");
    expect(lane.current).toBe(0);
  });

  it("changes with the wanted rung's keyframe, and takes the old one's pictures until then", () => {
    const lane = new Lane();
    lane.admits(key(0));
    lane.wanted = 1;
    expect([delta(1), delta(0), key(2)].map((each) => lane.admits(each))).toEqual(["no", "yes", "no"]);
    expect([key(1), key(0), delta(1)].map((each) => lane.admits(each))).toEqual(["yes", "no", "yes"]);
  });

  it("does not go back in time for it, unless the next would take it back too", () => {
    const lane = new Lane();
    lane.admits(key(0));
    lane.wanted = 1;
    const old = { ...key(1), stale: true };
    expect([old, delta(0), key(1)].map((each) => lane.admits(each))).toEqual(["another", "yes", "yes"]);
    lane.wanted = 0;
    const older = { ...key(0), stale: true };
    expect([older, older, delta(0)].map((each) => lane.admits(each))).toEqual(["another", "yes", "yes"]);
  });
});

it("what a viewer's pictures may take tells whether it is silent, and doubted, as the estimator does", () => {
  const decision = new Estimator(boundsOf(4_000_000)).tick(0);
  const of = (told: object) =>
    demandOf({ ...decision, ...told }, { repeatedBps: 0, payloadShare: 1 }, new Freshness(1_000_000), 0);
  expect(of({ silent: true })).toMatchObject({ silent: true, doubted: false });
  expect(of({ doubted: true })).toMatchObject({ silent: false, doubted: true });
});

describe("what a viewer has not answered", () => {
  it("is nothing before anything was sent, and where it was heard of since", () => {
    const unanswered = new Unanswered();
    expect(unanswered.sinceMs(0)).toBeUndefined();
    unanswered.sent(10, 0);
    expect(unanswered.sinceMs(12)).toBeUndefined();
  });

  it("is waited for since the first packet that left after the last word", () => {
    const unanswered = new Unanswered();
    for (const atMs of [10, 20, 30]) unanswered.sent(atMs, 0);
    expect(unanswered.sinceMs(0)).toBe(10);
    for (const atMs of [60_000, 60_010]) unanswered.sent(atMs, 35);
    expect(unanswered.sinceMs(35)).toBe(60_000);
  });
});

describe("the pictures of the rung that a viewer was put on", () => {
  const asked = (arrived: (nowMs: number) => boolean) => {
    const arrival = new Arrival();
    const times = Array.from({ length: 101 }, (_, i) => i * 100);
    return times.filter((nowMs) => arrival.isOverdue(arrived(nowMs), nowMs));
  };

  it("are asked for again a second after they should have begun, then ever more rarely", () => {
    expect(asked(() => false)).toEqual([1_000, 3_000, 7_000]);
  });

  it("are not where they come, nor where others come for a moment", () => {
    expect(asked(() => true)).toEqual([]);
    expect(asked((nowMs) => nowMs % 1_000 >= 900)).toEqual([]);
  });

  it("are asked for as soon the next time", () => {
    expect(asked((nowMs) => nowMs >= 3_500 && nowMs < 4_000)).toEqual([1_000, 3_000, 5_000, 7_000]);
  });
});

describe("a thread that is behind", () => {
  const LATE_MS = 600;

  it("leaves out what waited too long, asks once for a keyframe when it has caught up, and goes on with that", () => {
    const behind = new Behind();
    expect(behind.admits(delta(0), 400)).toBe("yes");
    expect([key(0), delta(0)].map((each) => behind.admits(each, LATE_MS))).toEqual(["no", "no"]);
    expect([delta(0), delta(0), key(0), delta(0)].map((each) => behind.admits(each, 5))).toEqual([
      "ask",
      "no",
      "yes",
      "yes",
    ]);
  });

  it("asks again where the keyframe that it had asked for came too late as well", () => {
    const behind = new Behind();
    behind.admits(delta(0), LATE_MS);
    expect(behind.admits(delta(0), 5)).toBe("ask");
    expect(behind.admits(key(0), LATE_MS)).toBe("no");
    expect([delta(0), delta(0), key(0)].map((each) => behind.admits(each, 5))).toEqual(["ask", "no", "yes"]);
  });

  it("asks anew when it fell behind anew, and leaves other rungs alone", () => {
    const behind = new Behind();
    for (let i = 0; i < 2; i++) {
      behind.admits(delta(0), LATE_MS);
      expect([behind.admits(delta(1), 5), behind.admits(delta(0), 5)]).toEqual(["yes", "ask"]);
      behind.admits(key(0), 5);
    }
    behind.admits(delta(0), LATE_MS);
    behind.setRungs([1]);
    expect(behind.admits(delta(0), 5)).toBe("yes");
  });
});

describe("the last keyframe and what follows", () => {
  const picture = (capturedAtMs: number, keyframe: boolean, bytes: number): PackedPicture => ({
    rung: 0,
    payloads: [],
    bytes,
    keyframe,
    capturedAtMs,
  });

  it("is there for who comes a moment later, in order", () => {
    const recent = new Recent();
    expect(recent.at(0)).toEqual([]);
    recent.add(picture(0, false, 10));
    expect(recent.at(0)).toEqual([]);
    recent.add(picture(33, true, 1_000));
    recent.add(picture(66, false, 100));
    expect(recent.at(100).map(({ capturedAtMs }) => capturedAtMs)).toEqual([33, 66]);
  });

  it("is too old after a quarter of a second", () => {
    const recent = new Recent();
    recent.add(picture(0, true, 1_000));
    expect(recent.at(250)).toHaveLength(1);
    expect(recent.at(251)).toEqual([]);
  });

  it("is dropped when so much follows that it would fill a slow network", () => {
    const recent = new Recent();
    recent.add(picture(0, true, 1_000));
    recent.add(picture(33, false, 590));
    expect(recent.at(40)).toHaveLength(2);
    recent.add(picture(66, false, 590));
    expect(recent.at(70)).toEqual([]);
    recent.add(picture(100, false, 1));
    expect(recent.at(100)).toEqual([]);
  });
});

describe("a rate", () => {
  it("comes to what goes by, and to nothing after it", () => {
    const rate = new Rate(1_000);
    let perS = 0;
    for (let nowMs = 0; nowMs <= 10_000; nowMs += 25) {
      perS = rate.read(nowMs);
      rate.add(100);
    }
    expect(perS).toBeCloseTo(4_000, -1);
    for (let nowMs = 10_025; nowMs <= 20_000; nowMs += 25) perS = rate.read(nowMs);
    expect(perS).toBeLessThan(1);
  });
});
