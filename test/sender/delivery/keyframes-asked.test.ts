import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Broadcast } from "../../../src/sender/delivery/broadcast.ts";
import { type Told, ToldHalls } from "../support/told.ts";

const SOURCE = { width: 1280, height: 720, fps: 30, maxBps: 2_500_000 };
const WIDE_BPS = 10_000_000;
const MIDDLING_BPS = 1_000_000;
const NARROW_BPS = 300_000;
/** The ladder is settled by then, and plans anew only a second later. */
const SETTLED_MS = 5_000;
/** One look of the ladder. */
const LOOK_MS = 100;

beforeEach(() => void vi.useFakeTimers({ toFake: ["performance", "setInterval", "clearInterval"] }));
afterEach(() => void vi.useRealTimers());

function carry(viewer: Told, bitrateBps: number): void {
  viewer.report.demand = { targetBps: bitrateBps, estimateBps: bitrateBps, fresh: false };
}

/** A broadcast to three, of whom the second has just fallen from the upper rung, and is sent it still. */
function fallenViewer() {
  const asked: number[] = [];
  const broken = new Set<number>();
  const halls = new ToldHalls();
  const requestKeyframe = (rung: number) => {
    asked.push(rung);
    return !broken.has(rung);
  };
  const broadcast = new Broadcast(SOURCE, { setRungs() {}, requestKeyframe }, {}, () => halls);
  const nothing = () => {};
  const viewers = [WIDE_BPS, WIDE_BPS, NARROW_BPS].map((bitrateBps) => {
    broadcast.open(
      { iceServers: [], loopback: true, relayOnly: false },
      { onCandidate: nothing, onState: nothing, onFirstPicture: nothing },
    );
    const viewer = halls.opened.at(-1) as Told;
    carry(viewer, bitrateBps);
    viewer.events.onState("connected");
    return viewer;
  });
  vi.advanceTimersByTime(SETTLED_MS);
  for (const viewer of viewers) viewer.report.rung = viewer.taken.at(-1);
  vi.advanceTimersByTime(LOOK_MS);
  const viewer = viewers[1] as Told;
  const upper = viewer.taken.at(-1) ?? -1;
  asked.length = 0;
  carry(viewer, MIDDLING_BPS);
  vi.advanceTimersByTime(LOOK_MS);
  const lower = viewer.taken.at(-1) ?? -1;
  expect(lower).not.toBe(upper);
  expect(asked).toEqual([lower]);
  asked.length = 0;
  return { broadcast, viewer, upper, lower, asked, broken };
}

it("a viewer that cannot go on has a keyframe of the rung that it is put on, of the old one only where that is broken", async () => {
  const { broadcast, viewer, asked, broken, upper, lower } = fallenViewer();
  viewer.events.onKeyframeRequest("repair");
  expect(asked).toEqual([lower]);
  broken.add(lower);
  viewer.events.onKeyframeRequest("repair");
  expect(asked).toEqual([lower, lower, upper]);
  await broadcast.close();
});
