import { describe, expect, it } from "vitest";
import { ArrivalGroups, type GroupDelta } from "../../../src/sender/congestion/arrival-groups.ts";

/** [sent, arrived] of packets of 1,000 bytes. */
function deltasOf(packets: [number, number][]): GroupDelta[] {
  const groups = new ArrivalGroups();
  return packets.flatMap(([sentAtMs, arrivalMs]) => groups.push(sentAtMs, arrivalMs, 1_000) ?? []);
}

/** Pictures of so many packets every 33 ms; each packet takes `packetMs` on the link. */
function pictures(counts: number[], packetMs: number): [number, number][] {
  let freeAtMs = 0;
  return counts.flatMap((count, picture) =>
    Array.from({ length: count }, (): [number, number] => {
      freeAtMs = Math.max(freeAtMs, picture * 33) + packetMs;
      return [picture * 33, freeAtMs + 100];
    }),
  );
}

describe("arrival groups", () => {
  it("a picture's size does not show in its delay", () => {
    const deltas = deltasOf(pictures([5, 9, 2, 8, 3, 5], 3));
    expect(deltas).toHaveLength(4);
    for (const { delayDeltaMs, sendDeltaMs } of deltas) expect([delayDeltaMs, sendDeltaMs]).toEqual([0, 33]);
  });

  it("what pictures leave in the queue does", () => {
    const deltas = deltasOf(pictures([5, 5, 5, 5], 8));
    expect(deltas.map(({ delayDeltaMs }) => delayDeltaMs)).toEqual([7, 7, 7]);
  });

  it("tells of a burst 20 ms after its first arrival, not when the next one comes", () => {
    const groups = new ArrivalGroups();
    for (const [sent, arrived] of pictures([1], 19)) groups.push(sent, arrived, 1_000);
    expect(groups.push(33, 260, 1_000)).toBeUndefined();
    expect(groups.push(33, 279, 1_000)).toBeUndefined();
    expect(groups.push(33, 281, 1_000)).toMatchObject({ delayDeltaMs: 108 });
    expect(groups.push(33, 300, 1_000)).toBeUndefined();
  });

  it("what a stall lets go at once is one burst, with the least delay among it", () => {
    const stalled: [number, number][] = [
      [0, 100],
      [33, 133],
      [66, 250],
      [99, 251],
      [132, 252],
      [165, 265],
      [198, 298],
    ];
    expect(deltasOf(stalled).map(({ delayDeltaMs }) => delayDeltaMs)).toEqual([0, 20, -20]);
  });

  it("passes over a packet that was overtaken", () => {
    expect(
      deltasOf([
        [0, 100],
        [33, 133],
        [10, 150],
        [66, 166],
        [99, 199],
      ]).map(({ delayDeltaMs }) => delayDeltaMs),
    ).toEqual([0, 0]);
  });

  it("starts over after a jump of the clock", () => {
    expect(
      deltasOf([
        [0, 100],
        [33, 133],
        [66, 50_000],
        [99, 50_033],
      ]),
    ).toEqual([]);
  });
});
