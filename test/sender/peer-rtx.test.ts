import { describe, expect, it } from "vitest";
import { RetransmissionHistory, rtxPayload } from "../../src/sender/peer/rtx.ts";

const RTT_MS = 50;

/** One packet a millisecond where nothing else is said, payloads of one size. */
function history({ first = 0, count = 100, bytes = 1_000, stepMs = 1 } = {}): RetransmissionHistory {
  const kept = new RetransmissionHistory();
  for (let i = 0; i < count; i++) {
    const sequenceNumber = (first + i) & 0xffff;
    kept.add({ sequenceNumber, timestamp: i, marker: false, payload: Buffer.alloc(bytes, i), sentAtMs: i * stepMs });
  }
  return kept;
}

const numbers = (packets: { sequenceNumber: number }[]) => packets.map(({ sequenceNumber }) => sequenceNumber);

describe("what a viewer misses", () => {
  it("is sent again, in the order asked, and what was never sent is not", () => {
    expect(numbers(history().take([7, 3, 100, 65_535], 100, RTT_MS))).toEqual([7, 3]);
  });

  it("is found across the wrap of the sequence number", () => {
    const kept = history({ first: 65_500 });
    expect(numbers(kept.take([65_499, 65_500, 65_535, 0, 63, 64], 100, RTT_MS))).toEqual([65_500, 65_535, 0, 63]);
  });

  it("is not sent twice within a round trip, and is after it", () => {
    const kept = history();
    expect(numbers(kept.take([5, 5], 200, RTT_MS))).toEqual([5]);
    expect(numbers(kept.take([5, 6], 249, RTT_MS))).toEqual([6]);
    expect(numbers(kept.take([5, 6], 250, RTT_MS))).toEqual([5]);
  });

  it("may be asked for sooner than a round trip after it was first sent", () => {
    expect(numbers(history({ count: 10 }).take([9], 10, 500))).toEqual([9]);
  });

  it("is not sent without end where the round trip is said to be nothing", () => {
    const kept = history();
    let sent = 0;
    for (let ms = 100; ms < 200; ms += 0.1) sent += kept.take([5], ms, 0).length;
    expect(sent).toBeLessThanOrEqual(20);
  });

  it("is sent at the next question where the first answer did not leave, and its bytes are not spent", () => {
    const kept = history();
    const all = Array.from({ length: 100 }, (_, i) => i);
    for (const packet of kept.take(all, 200, RTT_MS)) kept.giveBack(packet);
    expect(kept.take(all, 201, RTT_MS)).toHaveLength(100);
  });

  it("is never more than what was sent for the first time", () => {
    const kept = history();
    const all = Array.from({ length: 100 }, (_, i) => i);
    expect(kept.take(all, 200, RTT_MS)).toHaveLength(100);
    expect(kept.take(all, 300, RTT_MS)).toHaveLength(0);
    kept.add({ sequenceNumber: 100, timestamp: 0, marker: true, payload: Buffer.alloc(1_000), sentAtMs: 301 });
    expect(kept.take(all, 400, RTT_MS)).toHaveLength(1);
  });
});

describe("what is kept", () => {
  it.each([8, 40, 100])("lasts for a round trip of 500 ms at %d Mbps, asked for twice", (megabits) => {
    const packetsPerS = (megabits * 1_000_000) / 8 / 1_000;
    const kept = history({ count: 1.5 * packetsPerS, stepMs: 1_000 / packetsPerS });
    expect(numbers(kept.take([0], 1_500, 500))).toEqual([0]);
    expect(numbers(kept.take([0], 2_000, 500))).toEqual([0]);
  });

  it("is forgotten when it would come too late", () => {
    const kept = history({ count: 10 });
    expect(numbers(kept.take([0, 9], 2_005, RTT_MS))).toEqual([9]);
    expect(kept.take([9], 60_000, RTT_MS)).toEqual([]);
  });

  it("stays whole as more of it is under way than before", () => {
    const kept = new RetransmissionHistory();
    const add = (sequenceNumber: number, sentAtMs: number) =>
      kept.add({ sequenceNumber, timestamp: sequenceNumber * 7, marker: sequenceNumber % 3 === 0, payload, sentAtMs });
    const payload = Buffer.alloc(10);
    for (let i = 0; i < 100; i++) add(i, 0);
    for (let i = 100; i < 1_200; i++) add(i, 2_500);
    expect(kept.take([99], 2_600, RTT_MS)).toEqual([]);
    const found = kept.take([100, 300, 611, 1_199], 2_600, RTT_MS);
    expect(numbers(found)).toEqual([100, 300, 611, 1_199]);
    expect(found.map(({ timestamp, marker }) => [timestamp, marker])).toEqual([
      [700, false],
      [2_100, true],
      [4_277, false],
      [8_393, false],
    ]);
  });

  it("gives the same packet each time it is asked for", () => {
    const kept = history();
    expect(kept.take([5], 200, RTT_MS)[0]).toBe(kept.take([5], 400, RTT_MS)[0]);
  });

  it("is bounded by bytes", () => {
    const kept = history({ count: 300, bytes: 100_000 });
    expect(numbers(kept.take([0, 49, 50, 299], 300, RTT_MS))).toEqual([50, 299]);
  });

  it("is bounded by number, and stays whole past any multiple of it", () => {
    const kept = new RetransmissionHistory();
    for (let i = 0; i < 200_000; i++) {
      kept.add({ sequenceNumber: i & 0xffff, timestamp: i, marker: false, payload: Buffer.alloc(1), sentAtMs: 1 });
    }
    const newest = 199_999 & 0xffff;
    expect(kept.take([newest - 32_768], 10, RTT_MS)).toEqual([]);
    expect(kept.take([newest - 32_767, newest], 10, RTT_MS).map(({ timestamp }) => timestamp)).toEqual([
      199_999 - 32_767,
      199_999,
    ]);
  });
});

it("an RTX payload is the sequence number, then the original", () => {
  const [packet] = history({ first: 0x1234, count: 1, bytes: 3 }).take([0x1234], 1, RTT_MS);
  expect(packet && rtxPayload(packet)).toEqual(Buffer.from([0x12, 0x34, 0, 0, 0]));
});
