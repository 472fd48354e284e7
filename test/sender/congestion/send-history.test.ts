import { describe, expect, it } from "vitest";
import type { SentPacket } from "../../../src/sender/congestion/packet.ts";
import { SendHistory } from "../../../src/sender/congestion/send-history.ts";

const packet = (sequenceNumber: number): SentPacket => ({ sequenceNumber, bytes: 1_000, kind: "media" });
const told = (...reports: [number, number?][]) => ({
  packets: reports.map(([sequenceNumber, arrivalMs]) => ({ sequenceNumber, arrivalMs })),
});

/** A history of packets sent a millisecond apart. */
function historyOf(first: number, count: number): SendHistory {
  const history = new SendHistory();
  for (let i = 0; i < count; i++) history.add(packet(first + i), i);
  return history;
}

describe("the send history", () => {
  it("tells of each packet once, with its send time, past where its number on the wire wraps", () => {
    const history = historyOf(65_534, 4);
    const { results } = history.resolve(told([65_534, 50], [65_535, 51], [65_536], [65_537, 53]));
    expect(
      results.map(({ packet: { sequenceNumber, sentAtMs }, arrivalMs }) => [sequenceNumber, sentAtMs, arrivalMs]),
    ).toEqual([
      [65_534, 0, 50],
      [65_535, 1, 51],
      [65_536, 2, undefined],
      [65_537, 3, 53],
    ]);
    expect(history.resolve(told([65_534, 50], [65_536], [65_537, 53])).results).toEqual([]);
  });

  it("takes back a loss when the packet comes after all", () => {
    const history = historyOf(10, 2);
    history.resolve(told([10], [11, 60]));
    expect(history.resolve(told([10, 70])).results).toMatchObject([{ arrivalMs: 70, lateArrival: true }]);
    expect(history.resolve(told([10, 70])).results).toEqual([]);
  });

  it.each([
    ["names as missed what the message after it tells lost too", told([11], [12, 62], [13, 63]), [11]],
    ["names as missed what the message after it says nothing of", told([13, 63]), [11]],
    ["names as missed nothing that the message after it tells received", told([11, 61], [12, 62], [13, 63]), []],
    ["names as missed nothing where a message is no news", told([11], [12, 62]), []],
  ])("%s", (_, message, expected) => {
    const history = historyOf(10, 5);
    expect(history.resolve(told([10, 60], [11], [12, 62])).missed).toEqual([]);
    expect(history.resolve(message).missed.map(({ sequenceNumber }) => sequenceNumber)).toEqual(expected);
  });

  it("names what is missed once, with the first message that has news", () => {
    const history = historyOf(10, 5);
    history.resolve(told([10], [11, 61]));
    history.resolve(told([10], [11, 61]));
    const missed = [12, 13].map((number) => history.resolve(told([number, 60])).missed.length);
    expect(missed).toEqual([1, 0]);
  });

  it("names what a lost feedback message told of", () => {
    const history = historyOf(0, 10);
    expect(history.resolve(told([0, 50], [1, 51])).untold).toEqual([]);
    const { untold, results } = history.resolve(told([5, 55], [6, 56]));
    expect(untold.map(({ sequenceNumber }) => sequenceNumber)).toEqual([2, 3, 4]);
    expect(results).toHaveLength(2);
  });

  it("names what it named before, when the message that tells of it comes after all", () => {
    const history = historyOf(0, 10);
    history.resolve(told([0, 50], [1, 51]));
    history.resolve(told([4, 54]));
    expect(history.resolve(told([2, 52], [3])).results).toMatchObject([{ arrivalMs: 52, supposed: true }, {}]);
    expect(history.resolve(told([5, 55])).results).toEqual([
      { packet: expect.objectContaining({ sequenceNumber: 5 }), arrivalMs: 55 },
    ]);
  });

  it("counts as in flight what was sent after the newest packet told of", () => {
    const history = historyOf(65_530, 10);
    expect(history.inFlightBytes).toBe(10_000);
    history.resolve(told([65_530, 50], [65_531]));
    expect(history.inFlightBytes).toBe(8_000);
    history.resolve(told([65_539, 60]));
    expect(history.inFlightBytes).toBe(0);
  });

  it("forgets what nobody will tell of, and stays bounded", () => {
    const history = historyOf(0, 100);
    history.add(packet(100), 20_000);
    expect(history.inFlightBytes).toBe(1_000);
    const all = (count: number) => told(...Array.from({ length: count }, (_, i): [number, number] => [i, 30_000]));
    expect(history.resolve(all(101)).results).toHaveLength(1);
    // Sent within seven seconds, so that none is too old.
    const many = new SendHistory();
    for (let i = 0; i < 70_000; i++) many.add(packet(i), i / 10);
    expect(many.resolve(all(70_000)).results.length).toBeLessThanOrEqual(20_000);
  });

  it("takes a number for what it is, however far back: feedback on one long gone is not another's", () => {
    const history = new SendHistory();
    for (let i = 0; i < 65_537 + 10; i++) history.add(packet(i), i / 10);
    expect(history.resolve(told([5, 50])).results).toEqual([]);
    expect(history.resolve(told([65_541, 50])).results).toHaveLength(1);
  });

  it("stays whole as more is under way than before", () => {
    const history = historyOf(65_400, 200);
    history.resolve(told(...Array.from({ length: 200 }, (_, i): [number, number] => [65_400 + i, 300])));
    expect(history.inFlightBytes).toBe(0);
    for (let i = 200; i < 1_500; i++) history.add(packet(65_400 + i), i);
    const reports = Array.from({ length: 1_300 }, (_, i): [number, number] => [65_600 + i, 2_000 + i]);
    const { results } = history.resolve(told(...reports));
    expect(results.map(({ packet: { sentAtMs } }) => sentAtMs)).toEqual(reports.map((_, i) => 200 + i));
  });

  it("is not confused by packets that were never sent", () => {
    const history = historyOf(100, 3);
    expect(history.resolve(told([40_000, 50], [99, 50], [103, 51], [104])).results).toEqual([]);
    expect(history.resolve(told([100, 60])).results).toHaveLength(1);
  });
});
