import { describe, expect, it } from "vitest";
import { DelayControl } from "../../../src/sender/congestion/delay-control.ts";
import type { PacketResult } from "../../../src/sender/congestion/packet.ts";

const PICTURE_PACKETS = 9;
const INPUT = { estimateBps: 2_500_000, competing: false };

/** Pictures of nine packets every 33 ms, as told by feedback every 50 ms, through a link of a rate at a time. */
function feedbacks(
  rateAt: (nowMs: number) => number,
  seconds: number,
  stall?: { fromMs: number; toMs: number },
  picturePackets = PICTURE_PACKETS,
) {
  const messages: { atMs: number; received: PacketResult[] }[] = [];
  let freeAtMs = 0;
  let deliveredMs = 0;
  const arrivals: PacketResult[] = [];
  for (let sentAtMs = 0; sentAtMs < seconds * 1_000; sentAtMs += 33) {
    for (let i = 0; i < picturePackets; i++) {
      const startMs = Math.max(freeAtMs, sentAtMs);
      freeAtMs = startMs + (1_000 * 8_000) / rateAt(startMs);
      const held = stall && freeAtMs >= stall.fromMs && freeAtMs < stall.toMs;
      deliveredMs = Math.max(deliveredMs, held ? stall.toMs : freeAtMs);
      const packet = { sequenceNumber: 0, bytes: 1_000, kind: "media" as const, sentAtMs };
      arrivals.push({ packet, arrivalMs: deliveredMs });
    }
  }
  for (let atMs = 50; atMs < seconds * 1_000; atMs += 50) {
    const received = arrivals.filter(({ arrivalMs = 0 }) => arrivalMs < atMs && arrivalMs >= atMs - 50);
    messages.push({ atMs, received });
  }
  return messages;
}

/** When over-use is told. */
function overusedAt(messages: ReturnType<typeof feedbacks>, control = new DelayControl()): number[] {
  return messages.filter(({ received }) => control.update(received, INPUT) === "over").map(({ atMs }) => atMs);
}

describe("delay control", () => {
  it("is content with a link that carries what is sent", () => {
    const control = new DelayControl();
    expect(
      overusedAt(
        feedbacks(() => 3_000_000, 10),
        control,
      ),
    ).toEqual([]);
    expect(control.queueMs).toBeLessThan(10);
  });

  it("knows of a fall from the first picture that comes in slowly, and how deep it is", () => {
    const control = new DelayControl();
    const falls = feedbacks((nowMs) => (nowMs < 5_000 ? 3_000_000 : 500_000), 8);
    const first = falls.find(({ received }) => control.update(received, INPUT) === "over");
    expect(first?.atMs).toBeLessThanOrEqual(5_200);
    expect(control.fallenToBps).toBeLessThan(700_000);
  });

  it("sees a link that has become a little too slow within a second", () => {
    const [first = Number.POSITIVE_INFINITY] = overusedAt(
      feedbacks((nowMs) => (nowMs < 5_000 ? 3_000_000 : 2_000_000), 8),
    );
    expect(first).toBeGreaterThan(5_000);
    expect(first).toBeLessThan(6_000);
  });

  it("forgets the queue of a path that packets do not take any more", () => {
    const control = new DelayControl();
    const narrowed = feedbacks((nowMs) => (nowMs < 5_000 ? 3_000_000 : 2_000_000), 8);
    narrowed.find(({ received }) => control.update(received, INPUT) === "over");
    expect(control.usage).toBe("over");
    control.onNewPath();
    expect([control.usage, control.queueMs, control.riseMs]).toEqual(["normal", 0, 0]);
    const packet = { sequenceNumber: 0, bytes: 1_000, kind: "media" as const, sentAtMs: 8_000 };
    expect(control.update([{ packet, arrivalMs: 8_200 }], INPUT)).toBe("normal");
  });

  it.each([
    ["another path", (control: DelayControl) => control.onNewPath()],
    ["a deep fall", (control: DelayControl) => control.onDeepFall()],
  ])("knows what a full link carries, until %s", (_what, happens) => {
    const control = new DelayControl();
    for (const { received } of feedbacks(() => 3_000_000, 4)) control.update(received, INPUT);
    expect(control.linkBps).toBeCloseTo(3_000_000, -5);
    happens(control);
    expect(control.linkBps).toBeUndefined();
  });

  it.each([60, 100, 200])("takes no stall of %d ms for a fall", (ms) => {
    const control = new DelayControl();
    const stalled = feedbacks(() => 3_000_000, 8, { fromMs: 5_010, toMs: 5_010 + ms });
    for (const { received } of stalled) {
      control.update(received, INPUT);
      expect(control.fallenToBps).toBeUndefined();
    }
  });

  it.each([1, 9])("tells how long a stall was, whose pictures of %d packets all come at once", (packets) => {
    const control = new DelayControl();
    const rises = feedbacks(() => 3_000_000, 8, { fromMs: 5_010, toMs: 5_210 }, packets).map(({ received }) => {
      control.update(received, INPUT);
      return control.riseMs;
    });
    expect(Math.max(...rises)).toBeGreaterThan(150);
    expect(rises.filter((ms) => ms > 20).length).toBeLessThanOrEqual(2);
  });
});
