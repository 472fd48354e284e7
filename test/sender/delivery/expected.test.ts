import { expect, it, vi } from "vitest";
import type { Rung } from "../../../src/sender/congestion/ladder.ts";
import { Broadcast } from "../../../src/sender/delivery/broadcast.ts";
import type { ConnectionEvents } from "../../../src/sender/delivery/connection.ts";
import { untried } from "../../../src/sender/delivery/delivery-report.ts";

/** The connections that were opened, each with what it is told and what it reports. */
const opened: { events: ConnectionEvents; report: ReturnType<typeof untried> }[] = [];

vi.mock("../../../src/sender/delivery/halls.ts", () => ({
  DEFAULT_HALLS: {},
  Halls: class {
    open(_: object, events: ConnectionEvents) {
      const connection = { events, report: untried(4_000_000, 0), setMaxBps() {}, take() {} };
      opened.push(connection);
      return connection;
    }

    setRungs() {}

    hasRecent() {
      return false;
    }

    async close() {}
  },
}));

const SOURCE = { width: 1280, height: 720, fps: 30, maxBps: 2_500_000 };

it.each([true, false])(
  "a keyframe is made ahead for who comes, but not at what silence left of the bitrate (silent: %s)",
  async (silent) => {
    opened.length = 0;
    const keyframesBps: number[] = [];
    let rungs: readonly Rung[] = [];
    const broadcast = new Broadcast(SOURCE, {
      setRungs: (each) => {
        rungs = each;
      },
      requestKeyframe: () => void keyframesBps.push(rungs[0]?.bitrateBps ?? 0),
    });
    const nothing = () => {};
    const open = () => {
      broadcast.open(
        { iceServers: [], loopback: true, relayOnly: false },
        { onCandidate: nothing, onState: nothing, onFirstPicture: nothing },
      );
      return opened.at(-1) as (typeof opened)[number];
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
