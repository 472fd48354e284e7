import { describe, expect, it } from "vitest";
import type { PacedPacket } from "../../../src/sender/pacer/paced-packet.ts";
import { Pacer, type PacerSettings } from "../../../src/sender/pacer/pacer.ts";

interface Named extends PacedPacket {
  name: string;
}

const LOOSE: PacerSettings = {
  estimateBps: 2_000_000,
  pacingBps: 4_000_000,
  keyframePacingBps: 4_000_000,
  tight: false,
  rttMs: 50,
  playoutMs: 0,
};
/** 1,000 bytes take 4 ms, of a keyframe 8. */
const TIGHT: PacerSettings = {
  ...LOOSE,
  estimateBps: 1_333_000,
  pacingBps: 2_000_000,
  keyframePacingBps: 1_000_000,
  tight: true,
};

const packets = (kind: PacedPacket["kind"], count: number, name = kind as string): Named[] =>
  Array.from({ length: count }, (_, i) => ({ kind, bytes: 1_000, name: `${name}${i}` }));

/** Polls when the pacer says so, and tells what left when. */
function drain(pacer: Pacer<Named>, fromMs: number, toMs: number) {
  const left: { atMs: number; name: string; probeCluster?: number }[] = [];
  const dropped: string[] = [];
  let nowMs = fromMs;
  while (nowMs <= toMs) {
    const poll = pacer.poll(nowMs);
    for (const each of poll.departures) {
      const name = "packet" in each ? each.packet.name : "padding";
      left.push({ atMs: nowMs, name, ...(each.probeCluster ? { probeCluster: each.probeCluster } : {}) });
    }
    for (const { packet, reason } of poll.dropped) dropped.push(`${packet.name} ${reason}`);
    if (poll.nextAtMs === undefined) break;
    nowMs = Math.max(poll.nextAtMs, nowMs + 0.01);
  }
  return { left, dropped, times: left.map(({ atMs }) => Math.round(atMs)), names: left.map(({ name }) => name) };
}

function pacerWith(settings: PacerSettings, ...queued: Named[]): Pacer<Named> {
  const pacer = new Pacer<Named>(settings);
  for (const packet of queued) pacer.push(packet, 0);
  return pacer;
}

describe("the pacer", () => {
  it.each([
    ["a picture", LOOSE, "media"],
    ["a keyframe on a link that is not tight", LOOSE, "keyframe"],
    ["retransmissions there", LOOSE, "retransmission"],
  ] as const)("lets go at once: %s", (_what, settings, kind) => {
    const { times } = drain(pacerWith(settings, ...packets(kind, 10)), 0, 1_000);
    expect(times).toEqual(Array(10).fill(0));
  });

  it("spreads a keyframe on a tight link", () => {
    expect(drain(pacerWith(TIGHT, ...packets("keyframe", 5)), 0, 1_000).times).toEqual([0, 8, 16, 24, 32]);
  });

  it("spreads every picture there", () => {
    const { times } = drain(pacerWith(TIGHT, ...packets("media", 4)), 0, 1_000);
    expect(times).toEqual([0, 4, 8, 12]);
  });

  it("keeps the order of media: a picture waits for the keyframe before it, and is then spread too", () => {
    const pacer = pacerWith(TIGHT, ...packets("keyframe", 3), ...packets("media", 2));
    const { names, times } = drain(pacer, 0, 1_000);
    expect(names).toEqual(["keyframe0", "keyframe1", "keyframe2", "media0", "media1"]);
    expect(new Set(times).size).toBe(5);
  });

  it("sends retransmissions ahead of media, however much of it waits", () => {
    const pacer = pacerWith(TIGHT, ...packets("keyframe", 20));
    pacer.poll(0);
    for (const packet of packets("retransmission", 3)) pacer.push(packet, 1);
    const { left } = drain(pacer, 1, 1_000);
    const repeated = left.filter(({ name }) => name.startsWith("retransmission"));
    expect(repeated.map(({ atMs }) => Math.round(atMs))).toEqual([1, 5, 9]);
  });

  it("counts retransmissions against the media behind them", () => {
    const { left } = drain(pacerWith(TIGHT, ...packets("retransmission", 3), ...packets("keyframe", 1)), 0, 1_000);
    expect(left.at(-1)).toMatchObject({ name: "keyframe0", atMs: 12 });
  });

  it("drops retransmissions that would come too late, by the round trip and the playout delay", () => {
    const wait = (settings: Partial<PacerSettings>) => {
      const pacer = pacerWith({ ...TIGHT, ...settings }, ...packets("retransmission", 1));
      return pacer.poll(120).dropped.map(({ reason }) => reason);
    };
    expect(wait({ rttMs: 100 })).toEqual(["too-late"]);
    expect(wait({ rttMs: 150 })).toEqual([]);
    expect(wait({ rttMs: 100, playoutMs: 50 })).toEqual([]);
  });

  it("keeps a retransmission on a short way until the viewer asks for it anew", () => {
    const droppedAt = (nowMs: number) =>
      pacerWith({ ...TIGHT, rttMs: 5 }, ...packets("retransmission", 1)).poll(nowMs).dropped.length;
    expect([droppedAt(90), droppedAt(110)]).toEqual([0, 1]);
  });

  it("lets a retransmission go within a tenth of a second, however many left while the link was not tight", () => {
    const pacer = pacerWith(LOOSE, ...packets("retransmission", 300));
    expect(pacer.poll(0).departures).toHaveLength(300);
    pacer.configure({ ...TIGHT, rttMs: 400 });
    const [late] = packets("retransmission", 1, "late");
    if (late) pacer.push(late, 0);
    expect(drain(pacer, 0, 1_000)).toMatchObject({ names: ["late0"], times: [100] });
  });

  it("does not let retransmissions fill a tight link, and lets them be on another", () => {
    const queued = packets("retransmission", 60);
    const tight = drain(pacerWith({ ...TIGHT, rttMs: 400 }, ...queued), 0, 1_000);
    expect(tight.dropped).toContain("retransmission59 over-budget");
    expect(tight.left.length).toBeLessThan(35);
    expect(tight.left.length).toBeGreaterThan(15);
    expect(drain(pacerWith(LOOSE, ...queued), 0, 1_000).dropped).toEqual([]);
  });

  it("is counted by what the network carries, not by what is sent while a queue drains", () => {
    const draining = new Pacer<Named>({ ...TIGHT, estimateBps: 1_000_000, pacingBps: 750_000 });
    for (const packet of packets("retransmission", 8)) draining.push(packet, 0);
    expect(drain(draining, 0, 100).dropped).toEqual([]);
  });

  it("the budget has room for a packet of full size, however slow the link", () => {
    const pacer = pacerWith({ ...TIGHT, estimateBps: 50_000 }, { kind: "retransmission", bytes: 1_184, name: "one" });
    expect(drain(pacer, 0, 100)).toMatchObject({ names: ["one"], dropped: [] });
  });

  it("the budget fills again", () => {
    const pacer = pacerWith({ ...TIGHT, rttMs: 400 }, ...packets("retransmission", 60));
    drain(pacer, 0, 1_000);
    for (const packet of packets("retransmission", 10)) pacer.push(packet, 3_000);
    expect(drain(pacer, 3_000, 4_000).dropped).toEqual([]);
  });

  it("lets no media wait for long, however slow the pacing", () => {
    const { left } = drain(pacerWith({ ...TIGHT, pacingBps: 100_000 }, ...packets("keyframe", 40)), 0, 5_000);
    const last = left.at(-1);
    expect(left).toHaveLength(40);
    expect(last?.atMs).toBeLessThan(1_200);
  });

  it("tells how long the oldest has been waiting", () => {
    const pacer = pacerWith(TIGHT, ...packets("keyframe", 10));
    expect(pacer.queueMs(0)).toBe(0);
    pacer.poll(0);
    expect(pacer.queueMs(30)).toBe(30);
    expect(drain(pacer, 30, 1_000).left).toHaveLength(9);
    expect([pacer.queueMs(1_000), pacer.idle]).toEqual([0, true]);
    expect(pacer.poll(1_000).nextAtMs).toBeUndefined();
  });

  it("makes up for a timer that came late, by no more than it was late", () => {
    const pacer = pacerWith(TIGHT, ...packets("media", 30));
    let left = 0;
    for (let nowMs = 0; nowMs < 60; nowMs += 5) left += pacer.poll(nowMs).departures.length;
    expect(left).toBeGreaterThanOrEqual(13);
    expect(left).toBeLessThanOrEqual(17);
  });
});

describe("a probe", () => {
  const PROBE = { cluster: 3, bitrateBps: 8_000_000, bytes: 2_000 };

  it("is padding at its rate when there is nothing else", () => {
    const pacer = pacerWith(TIGHT);
    pacer.startProbe(PROBE, 0);
    const { names, left, times } = drain(pacer, 0, 100);
    expect(names).toEqual(Array(8).fill("padding"));
    expect(left.every(({ probeCluster }) => probeCluster === 3)).toBe(true);
    expect(times.at(-1)).toBeLessThanOrEqual(2);
  });

  it("takes what waits instead, at the probe's rate", () => {
    const pacer = pacerWith(TIGHT, ...packets("media", 4));
    pacer.startProbe(PROBE, 0);
    const { left, names } = drain(pacer, 0, 100);
    expect(names).not.toContain("padding");
    expect(left.map(({ probeCluster }) => probeCluster)).toEqual([3, 3, undefined, undefined]);
  });

  it("counts a picture that leaves meanwhile", () => {
    const pacer = pacerWith(LOOSE);
    pacer.startProbe(PROBE, 0);
    pacer.poll(0);
    for (const packet of packets("media", 3)) pacer.push(packet, 0.5);
    const { left } = drain(pacer, 0.5, 100);
    expect(left.filter(({ name }) => name === "padding").length).toBeLessThan(4);
    expect(left[0]).toMatchObject({ name: "media0", probeCluster: 3 });
  });
});
