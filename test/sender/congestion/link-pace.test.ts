import { describe, expect, it } from "vitest";
import { LinkPace } from "../../../src/sender/congestion/link-pace.ts";
import { Random } from "../../support/random.ts";

const LEAST_MS = 100;
const PACKET_BYTES = 1_250;
/** As feedback tells of arrivals. */
const told = (atMs: number) => Math.round(atMs * 4) / 4;

interface Sent {
  atMs: number;
  ours: boolean;
}

/** Pictures of so many packets, thirty a second, their packets so far apart. */
const pictures = (count: number, packets: number, { ours = true, fromMs = 0, apartMs = 0 } = {}): Sent[] =>
  Array.from({ length: count * packets }, (_, i) => ({
    atMs: fromMs + Math.floor(i / packets) * 33.3 + (i % packets) * apartMs,
    ours,
  }));

/** What is known of a link of this rate after all of it, first in, first out; `heldMs` is what happens to each behind it. */
function known(rateBps: number, sent: Sent[], heldMs: (arrivalMs: number) => number = (ms) => ms) {
  const pace = new LinkPace();
  let freeAtMs = 0;
  for (const { atMs, ours } of sent.toSorted((a, b) => a.atMs - b.atMs)) {
    freeAtMs = Math.max(freeAtMs, atMs) + (PACKET_BYTES * 8_000) / rateBps;
    if (ours) pace.push(atMs, told(heldMs(freeAtMs + LEAST_MS)), PACKET_BYTES, LEAST_MS + 1);
  }
  return pace.bitrateBps;
}

const isAbout = (bitrateBps: number | undefined, expectedBps: number) => {
  expect(bitrateBps).toBeGreaterThan(0.92 * expectedBps);
  expect(bitrateBps).toBeLessThan(1.1 * expectedBps);
};

/** Behind the link each is held up for up to so long, and none overtakes another. */
function radio(upToMs: number, seed: number) {
  const random = new Random(seed);
  let lastMs = 0;
  return (arrivalMs: number) => {
    lastMs = Math.max(lastMs, arrivalMs + upToMs * random.next());
    return lastMs;
  };
}

const SEEDS = [1, 2, 3, 4, 5];

describe("the pace of a link", () => {
  it.each([1_000_000, 3_000_000, 8_000_000, 30_000_000])("of %d bps is what its packets come at", (rateBps) => {
    isAbout(known(rateBps, pictures(100, Math.round((0.9 * rateBps) / 300_000))), rateBps);
  });

  /** Of 3 Mbps each sends 1.5, a picture within 12 ms. */
  const beside = (fromMs: number) => [
    ...pictures(200, 5, { apartMs: 2.4 }),
    ...pictures(200, 5, { ours: false, fromMs, apartMs: 2.4 }),
  ];

  it.each([12, 16, 20])("is the whole link's beside a flow whose pictures leave %d ms later", (fromMs) => {
    isAbout(known(3_000_000, beside(fromMs)), 3_000_000);
  });

  it.each([0.5, 3, 8])("is never more beside one whose pictures leave %d ms later", (fromMs) => {
    expect(known(3_000_000, beside(fromMs)) ?? 0).toBeLessThan(1.1 * 3_000_000);
  });

  it("is not known of a link that never was full", () => {
    expect(known(50_000_000, pictures(200, 1))).toBeUndefined();
  });

  it("is not known from a few packets", () => {
    expect(known(3_000_000, pictures(4, 8))).toBeUndefined();
  });

  it("is not known while the way's own delay is not", () => {
    const pace = new LinkPace();
    for (let i = 0; i < 200; i++) pace.push(0, 100 + i * 3, PACKET_BYTES, Number.POSITIVE_INFINITY);
    expect(pace.bitrateBps).toBeUndefined();
  });

  it.each(SEEDS)("is not known where what comes was held up behind the link, as by a radio, seed %d", (seed) => {
    expect(known(3_000_000, pictures(100, 9), radio(10, seed))).toBeUndefined();
  });

  it.each(SEEDS)("is a little more than the truth where it was held up a little, seed %d", (seed) => {
    const bitrateBps = known(3_000_000, pictures(100, 9), radio(1, seed)) ?? 3_000_000;
    expect(bitrateBps).toBeGreaterThan(2_900_000);
    expect(bitrateBps).toBeLessThan(1.25 * 3_000_000);
  });

  it("follows a link that becomes slower", () => {
    const pace = new LinkPace();
    for (let i = 0, atMs = 100; i < 400; i++) {
      atMs += i < 200 ? 3.25 : 20;
      pace.push(0, atMs, PACKET_BYTES, LEAST_MS);
    }
    isAbout(pace.bitrateBps, 500_000);
  });

  it("is forgotten when the link was not full for five seconds, and what it was counts for nothing later", () => {
    const pace = new LinkPace();
    const full = (fromMs: number, apartMs: number, count: number) => {
      for (let i = 0; i < count; i++) pace.push(fromMs - LEAST_MS, fromMs + i * apartMs, PACKET_BYTES, LEAST_MS);
    };
    const empty = (fromMs: number, toMs: number) => {
      for (let atMs = fromMs; atMs < toMs; atMs += 33) pace.push(atMs - LEAST_MS, atMs, PACKET_BYTES, LEAST_MS);
    };
    full(100, 3.25, 200);
    expect(pace.bitrateBps).toBeDefined();
    empty(1_000, 5_000);
    expect(pace.bitrateBps).toBeDefined();
    empty(5_000, 7_000);
    expect(pace.bitrateBps).toBeUndefined();
    full(7_000, 6.5, 20);
    expect(pace.bitrateBps).toBeUndefined();
    full(7_200, 6.5, 40);
    isAbout(pace.bitrateBps, 1_540_000);
  });
});
