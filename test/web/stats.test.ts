import * as v from "valibot";
import { expect, test } from "vitest";
import { PlaybackStats } from "../../src/protocol/stats.ts";
import { StatsReader } from "../../src/web/client/stats.ts";

/** A report as Chromium gives it, reduced to what is read. */
function report(timestamp: number, change: object = {}, relay = false): Map<string, RTCStats> {
  const stats = [
    { id: "audio", type: "inbound-rtp", kind: "audio", framesDecoded: 999 },
    {
      id: "video",
      type: "inbound-rtp",
      kind: "video",
      timestamp,
      frameWidth: 1280,
      frameHeight: 720,
      framesPerSecond: 30,
      ...change,
    },
    { id: "transport", type: "transport", selectedCandidatePairId: "pair-2" },
    { id: "pair-1", type: "candidate-pair", nominated: true, state: "succeeded", currentRoundTripTime: 9 },
    {
      id: "pair-2",
      type: "candidate-pair",
      currentRoundTripTime: 0.02,
      localCandidateId: "local",
      remoteCandidateId: "remote",
    },
    { id: "local", type: "local-candidate", candidateType: "host" },
    { id: "remote", type: "remote-candidate", candidateType: relay ? "relay" : "srflx" },
  ];
  return new Map(stats.map((entry) => [entry.id, entry as unknown as RTCStats]));
}

test("averages are over the time between two readings, not since the start", () => {
  const reader = new StatsReader();
  const first = reader.read(
    report(0, { bytesReceived: 1_000_000, jitterBufferDelay: 50, jitterBufferEmittedCount: 100, totalDecodeTime: 9 }),
  );
  expect(first).toMatchObject({ width: 1280, height: 720, fps: 30, rttMs: 20, path: "direct" });
  expect(first.latencyMs).toBeUndefined();
  const second = reader.read(
    report(1_000, {
      bytesReceived: 1_250_000,
      jitterBufferDelay: 50.3,
      jitterBufferEmittedCount: 130,
      totalDecodeTime: 9.06,
      framesDecoded: 30,
    }),
  );
  expect(second.bitrateBps).toBe(2_000_000);
  expect(second.bufferMs).toBeCloseTo(10);
  expect(second.decodeMs).toBeCloseTo(2);
  expect(second.latencyMs).toBeCloseTo(10 + 10 + 2);
});

test("a camera of a frame a second is told of as it is, read four times a second", () => {
  const reader = new StatsReader();
  const seen = Array.from({ length: 40 }, (_, i) => {
    const frames = Math.floor(i / 4);
    const of = { bytesReceived: 10_000 * frames, jitterBufferDelay: 0.02 * frames, jitterBufferEmittedCount: frames };
    return reader.read(report(250 * i, { ...of, totalDecodeTime: 0.004 * frames, framesDecoded: frames }));
  }).slice(16);
  const rates = seen.map(({ bitrateBps = 0 }) => bitrateBps);
  expect(Math.min(...rates)).toBeGreaterThan(30_000);
  expect(Math.max(...rates)).toBeLessThan(125_000);
  for (const { bufferMs, decodeMs } of seen)
    expect([bufferMs, decodeMs].map((ms) => Math.round(ms ?? 0))).toEqual([20, 4]);
});

test("what frames took is told for ten seconds after the last, and no longer; that nothing comes is told at once", () => {
  const reader = new StatsReader();
  const frames = { bytesReceived: 9_000, jitterBufferDelay: 0.2, jitterBufferEmittedCount: 10, framesDecoded: 10 };
  reader.read(report(0));
  reader.read(report(1_000, { ...frames, totalDecodeTime: 0.1 }));
  const at = (timestamp: number) => reader.read(report(timestamp, { ...frames, totalDecodeTime: 0.1 }));
  for (let timestamp = 1_500; timestamp < 9_000; timestamp += 500) at(timestamp);
  expect(at(9_000)).toMatchObject({ bitrateBps: 0, decodeMs: 10, bufferMs: 20 });
  for (let timestamp = 9_500; timestamp < 14_000; timestamp += 500) at(timestamp);
  expect(at(14_000)).toMatchObject({ bitrateBps: 0, decodeMs: undefined, bufferMs: undefined });
});

test("a reading right after another keeps the averages of the one before", () => {
  const reader = new StatsReader();
  reader.read(report(0, { bytesReceived: 0 }));
  reader.read(report(1_000, { bytesReceived: 1_000 }));
  expect(reader.read(report(1_010, { bytesReceived: 99_000 })).bitrateBps).toBe(8_000);
});

test("what Chromium counts of freezes, and the codec, are told; all of it fits the schema", () => {
  const counts = { freezeCount: 2, totalFreezesDuration: 0.75, codecId: "codec", framesDropped: 3, packetsLost: -1 };
  const found = report(0, { ...counts, framesDecoded: 9 });
  found.set("codec", { id: "codec", type: "codec", mimeType: "video/H264" } as unknown as RTCStats);
  const stats = new StatsReader().read(found);
  expect(stats).toMatchObject({ freezes: 2, frozenMs: 750, codec: "H264", framesDropped: 3, packetsLost: -1 });
  expect(v.parse(PlaybackStats, stats)).toEqual(stats);
  expect(Object.keys(v.parse(PlaybackStats, new StatsReader().read(new Map()))).length).toBeGreaterThan(0);
});

test.each([
  ["host", "host", "host", "direct"],
  ["host", "srflx", "srflx", "direct"],
  ["prflx", "host", "srflx", "direct"],
  ["srflx", "relay", "relay", "relay"],
  ["relay", "prflx", "relay", "relay"],
  [undefined, undefined, undefined, "direct"],
])("%s to %s is %s, %s", (local, remote, candidateType, path) => {
  const found = report(0);
  found.set("local", { id: "local", candidateType: local } as unknown as RTCStats);
  found.set("remote", { id: "remote", candidateType: remote } as unknown as RTCStats);
  expect(new StatsReader().read(found)).toMatchObject({ candidateType, path });
});

test.each([
  ["its port, the address hidden", { port: 50_518, address: null }, "relay"],
  ["its port and address", { port: 50_518, address: "203.0.113.2" }, "relay"],
  ["its port at another address", { port: 50_518, address: "203.0.113.3" }, "direct"],
  ["another port", { port: 50_519, address: null }, "direct"],
])("the sender's relay, found on the way before it was told of, by %s: %s", (_how, found, path) => {
  const stats = report(0);
  const relay = { type: "remote-candidate", candidateType: "relay", port: 50_518, address: "203.0.113.2" };
  stats.set("told", { id: "told", ...relay } as unknown as RTCStats);
  stats.set("remote", {
    id: "remote",
    type: "remote-candidate",
    candidateType: "prflx",
    ...found,
  } as unknown as RTCStats);
  expect(new StatsReader().read(stats)).toMatchObject({ path });
});

test("a relay at either end is said; a report without video is all zeros", () => {
  expect(new StatsReader().read(report(0, {}, true)).path).toBe("relay");
  expect(new StatsReader().read(new Map())).toMatchObject({ framesReceived: 0, framesDecoded: 0, path: undefined });
});
