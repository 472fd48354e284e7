import { describe, expect, it } from "vitest";
import { LossControl } from "../../../src/sender/congestion/loss-control.ts";
import type { PacketResult } from "../../../src/sender/congestion/packet.ts";
import { Random } from "../../support/random.ts";

const BYTES = 1_200;
const MIN_BPS = 100_000;

/**
 * Sends at what the control allows for some seconds, at most `delayBps` and at least 100 kbps, swinging by 10 % as pictures do.
 * @param lossAt what is lost at a rate, 0 to 1
 * @returns the bound at the end of each second
 */
function boundsOf(
  seconds: number,
  { delayBps = 3_000_000, quiet = true, seed = 1, probes = true },
  lossAt: (sentBps: number, atMs: number) => number,
): (number | undefined)[] {
  const random = new Random(seed);
  const control = new LossControl();
  const bounds: (number | undefined)[] = [];
  let atMs = 0;
  let owed = 0;
  for (let tick = 0; tick < seconds * 20; tick++) {
    const swing = 1 + 0.1 * Math.sin(tick / 3);
    const sentBps = Math.max(Math.min(control.boundBps ?? delayBps, delayBps), MIN_BPS) * swing;
    owed += (sentBps * 0.05) / 8 / BYTES;
    const count = Math.floor(owed);
    owed -= count;
    const results = Array.from({ length: count }, (_, i): PacketResult => {
      const sentAtMs = atMs + (i * 50) / count;
      const packet = { sequenceNumber: 0, bytes: BYTES, kind: "media" as const, sentAtMs };
      return random.next() < lossAt(sentBps, atMs) ? { packet } : { packet, arrivalMs: sentAtMs };
    });
    atMs += 50;
    const ackedBps = sentBps * (1 - lossAt(sentBps, atMs));
    control.update(results, { delayBps, ackedBps, minBps: MIN_BPS, quiet, probes });
    if (tick % 20 === 19) bounds.push(control.boundBps);
  }
  return bounds;
}

it.each([
  ["a probe", { kind: "media", probeCluster: 1 }],
  ["a keyframe", { kind: "keyframe" }],
] as const)("what a shallow queue drops of %s bounds nothing", (_, burst) => {
  const control = new LossControl();
  const packet = (sentAtMs: number, of: object = {}) => ({
    sequenceNumber: 0,
    bytes: BYTES,
    kind: "media" as const,
    sentAtMs,
    ...of,
  });
  const results = Array.from({ length: 200 }, (_, i): PacketResult => {
    const lost = i >= 20 && i < 40;
    return lost ? { packet: packet(i * 10, burst) } : { packet: packet(i * 10), arrivalMs: i * 10 };
  });
  control.update(results, { delayBps: 1_000_000, ackedBps: 900_000, minBps: MIN_BPS, quiet: true, probes: true });
  expect(control.boundBps).toBeUndefined();
  expect(control.lossFraction).toBe(0);
});

const overflow = (capacityBps: number) => (sentBps: number) => Math.max(0, 1 - capacityBps / sentBps);
const average = (bounds: (number | undefined)[], fromSecond: number, none: number) =>
  bounds.slice(fromSecond).reduce<number>((sum, bound) => sum + Math.min(bound ?? none, none), 0) /
  (bounds.length - fromSecond);

describe("loss control", () => {
  it("bounds nothing without losses", () => {
    expect(new Set(boundsOf(10, {}, () => 0))).toEqual(new Set([undefined]));
  });

  it.each([0.01, 0.03, 0.05])("random loss of %d that no rate changes costs next to nothing", (loss) => {
    expect(
      average(
        boundsOf(30, {}, () => loss),
        8,
        3_000_000,
      ),
    ).toBeGreaterThan(0.9 * 3_000_000);
  });

  it.each([2_000_000, 1_000_000])(
    "a shallow queue of %d bps that overflows is found, though it adds no delay",
    (capacityBps) => {
      const bounds = boundsOf(30, {}, overflow(capacityBps));
      expect(average(bounds, 5, 3_000_000)).toBeLessThan(1.2 * capacityBps);
      expect(average(bounds, 5, 3_000_000)).toBeGreaterThan(0.85 * capacityBps);
    },
  );

  it("losses beside a queue are its overflow, however long they last", () => {
    const lossy = average(
      boundsOf(20, { quiet: false }, () => 0.08),
      10,
      3_000_000,
    );
    expect(lossy).toBeLessThan(0.75 * 3_000_000);
  });

  it("lets go when the losses end", () => {
    const bounds = boundsOf(30, {}, (sentBps, atMs) => (atMs < 10_000 ? overflow(1_000_000)(sentBps) : 0));
    expect(bounds[8]).toBeLessThan(1_300_000);
    expect(bounds.at(-1)).toBeUndefined();
  });

  it.each([0.5, 0.8, 0.9])("bounds nothing two seconds after %d of all was lost at the least that is sent", (loss) => {
    const bounds = boundsOf(30, {}, (_sentBps, atMs) => (atMs < 20_000 ? loss : 0));
    expect(bounds[19]).toBe(MIN_BPS);
    expect(bounds[21]).toBeUndefined();
  });

  it.each([0.5, 0.8])("rises from there within two seconds where nothing can be probed, after %d", (loss) => {
    const bounds = boundsOf(30, { probes: false }, (_sentBps, atMs) => (atMs < 20_000 ? loss : 0));
    expect(bounds[19]).toBe(MIN_BPS);
    expect(bounds[21]).toBeGreaterThan(MIN_BPS);
    expect(bounds[21]).toBeLessThan(2 * MIN_BPS);
  });

  it("tells once of heavy losses that are over, and counts what the same feedback tells after that", () => {
    const control = new LossControl();
    const input = { delayBps: 3_000_000, minBps: MIN_BPS, quiet: true, probes: true };
    const seconds = (from: number, to: number, isLost: (i: number) => boolean) =>
      Array.from({ length: (to - from) * 20 }, (_, i): PacketResult => {
        const sentAtMs = from * 1_000 + i * 50;
        const packet = { sequenceNumber: 0, bytes: BYTES, kind: "media" as const, sentAtMs };
        return isLost(i) ? { packet } : { packet, arrivalMs: sentAtMs };
      });
    expect(
      control.update(
        seconds(0, 30, (i) => i % 5 > 0),
        { ...input, ackedBps: 40_000 },
      ),
    ).toBeUndefined();
    expect(control.boundBps).toBe(MIN_BPS);
    // Well for five seconds, then as before, told of at once.
    const late = [...seconds(30, 35, () => false), ...seconds(35, 50, (i) => i % 5 > 0)];
    expect(control.update(late, { ...input, ackedBps: 40_000 })).toBe(MIN_BPS);
    expect(control.boundBps).toBe(MIN_BPS);
    expect(control.lossFraction).toBeGreaterThan(0.7);
  });

  it("counts a fade of a radio as one event", () => {
    const fades = (_sentBps: number, atMs: number) => (atMs % 2_000 < 50 ? 1 : 0);
    expect(average(boundsOf(30, {}, fades), 8, 3_000_000)).toBeGreaterThan(0.85 * 3_000_000);
  });
});
