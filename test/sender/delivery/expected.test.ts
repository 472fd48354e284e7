import { expect, it } from "vitest";
import type { Rung } from "../../../src/sender/congestion/ladder.ts";
import { Broadcast, type Encoders } from "../../../src/sender/delivery/broadcast.ts";
import type { Connection, ConnectionEvents, ConnectionOptions } from "../../../src/sender/delivery/connection.ts";
import { untried } from "../../../src/sender/delivery/delivery-report.ts";
import type { Halls } from "../../../src/sender/delivery/halls.ts";

/** A connection that tells nothing by itself. */
class Told implements Connection {
  readonly state = "connected";
  readonly stages = {};
  readonly report = untried(4_000_000, 0);
  readonly events: ConnectionEvents;

  constructor(events: ConnectionEvents) {
    this.events = events;
  }

  async answer(): Promise<string> {
    return "";
  }

  async addCandidate(): Promise<void> {}
  take(): void {}
  setMaxBps(): void {}
  async close(): Promise<void> {}
}

/** Nobody is served, and no keyframe is kept. */
class ToldHalls implements Pick<Halls, keyof Halls> {
  readonly opened: Told[] = [];
  readonly mainHasRoom = true;

  open(_: ConnectionOptions, events: ConnectionEvents): Told {
    const connection = new Told(events);
    this.opened.push(connection);
    return connection;
  }

  send(): void {}
  setRungs(): void {}

  hasRecent(): boolean {
    return false;
  }

  async close(): Promise<void> {}
}

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
      requestKeyframe: () => void keyframesBps.push(rungs[0]?.bitrateBps ?? 0),
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
