import { expect, it } from "vitest";
import type { Rung } from "../../../src/sender/congestion/ladder.ts";
import { Broadcast, type Encoders } from "../../../src/sender/delivery/broadcast.ts";
import { type Told, ToldHalls } from "../support/told.ts";

const SOURCE = { width: 1280, height: 720, fps: 30, maxBps: 2_500_000 };

it.each([true, false])(
  "a keyframe is made ahead for who comes, but not at what silence left of the bitrate (silent: %s)",
  async (silent) => {
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
    const open = () => {
      broadcast.open(
        { iceServers: [], loopback: true, relayOnly: false },
        { onCandidate: nothing, onState: nothing, onFirstPicture: nothing },
      );
      return halls.opened.at(-1) as Told;
    };
    const old = open();
    old.events.onState("connected");
    old.report.demand = { targetBps: 100_000, estimateBps: 100_000, fresh: false, silent };
    // The ladder looks again.
    broadcast.setSource(SOURCE);
    expect(rungs[0]?.bitrateBps).toBe(100_000);
    keyframesBps.length = 0;
    const next = open();
    next.events.onPath();
    expect(keyframesBps).toHaveLength(silent ? 0 : 1);
    next.events.onState("connected");
    expect(keyframesBps.at(-1)).toBeCloseTo(silent ? 950_000 : 94_340, -1);
    await broadcast.close();
  },
);
