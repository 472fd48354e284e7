import { expect, it } from "vitest";
import type { Rung } from "../../../src/sender/congestion/ladder.ts";
import { Broadcast, type Encoders } from "../../../src/sender/delivery/broadcast.ts";
import { type Told, ToldHalls } from "../support/told.ts";

const SOURCE = { width: 1280, height: 720, fps: 30, maxBps: 2_500_000 };

function open() {
  const keyframesBps: number[] = [];
  let rungs: readonly Rung[] = [];
  const halls = new ToldHalls();
  const encoders: Encoders = {
    setRungs: (each) => {
      rungs = each;
    },
    requestKeyframe: () => keyframesBps.push(rungs[0]?.bitrateBps ?? 0) > 0,
  };
  const broadcast = new Broadcast(SOURCE, encoders, {}, () => halls);
  const nothing = () => {};
  const enter = () => {
    broadcast.open(
      { iceServers: [], loopback: true, relayOnly: false },
      { onCandidate: nothing, onState: nothing, onFirstPicture: nothing },
    );
    return halls.opened.at(-1) as Told;
  };
  return { broadcast, enter, keyframesBps };
}

it("a keyframe is made for who comes alone while they shake hands, and none but that", async () => {
  const { broadcast, enter, keyframesBps } = open();
  const only = enter();
  only.events.onPath();
  expect(keyframesBps).toHaveLength(1);
  await broadcast.close();
});

it.each([true, false])(
  "who comes beside another costs that one a single keyframe, at what the newcomer's network may carry (silent: %s)",
  async (silent) => {
    const { broadcast, enter, keyframesBps } = open();
    const old = enter();
    old.events.onState("connected");
    old.report.demand = { targetBps: 100_000, estimateBps: 100_000, fresh: false, silent };
    // The ladder looks again.
    broadcast.setSource(SOURCE);
    expect(broadcast.rungs[0]?.bitrateBps).toBe(100_000);
    keyframesBps.length = 0;
    const next = enter();
    next.events.onPath();
    next.events.onState("connected");
    expect(keyframesBps.map((bps) => Math.round(bps / 1_000))).toEqual([silent ? 950 : 94]);
    await broadcast.close();
  },
);
