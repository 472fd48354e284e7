import { expect, it } from "vitest";
import { SCENARIOS } from "../../support/network-sim/scenarios.ts";
import { simulate } from "../../support/network-sim/simulate.ts";

const DURATION_MS = 26_000;
const TCP_FROM_MS = 6_000;
/** Four seconds to learn that the queue is another's. */
const JUDGED_FROM_MS = 10_000;

const mbps = [1, 3, 8];
const propagationsMs = [5, 20];
const queuesMs = [150, 400];
const links = mbps.flatMap((rate) =>
  propagationsMs.flatMap((propagationMs) => queuesMs.map((queueMs) => [rate, propagationMs, queueMs] as const)),
);

it.each(links)(
  "%d Mbps, %d ms away, queue of %d ms: TCP leaves us a share, and we leave TCP one",
  (rate, propagationMs, queueMs) => {
    const bps = rate * 1_000_000;
    const link = { rateBps: () => bps, queueBytes: (bps * queueMs) / 8_000, bucketBytes: 3_200, propagationMs };
    const scenario = { ...SCENARIOS.tcp, durationMs: DURATION_MS, maxBps: 2 * bps, link, tcpStartMs: TCP_FROM_MS };
    const { cameras, tcpBps } = simulate(scenario, 1);
    expect((cameras[0]?.deliveredBps(JUDGED_FROM_MS, DURATION_MS) ?? 0) / bps).toBeGreaterThan(0.2);
    expect(tcpBps(JUDGED_FROM_MS, DURATION_MS) / bps).toBeGreaterThan(0.2);
  },
);

it.each(Array.from({ length: 6 }, (_, i) => i + 1))("seed %d: nearly half is ours, and a third TCP's", (seed) => {
  const { cameras, tcpBps } = simulate(SCENARIOS.tcp, seed);
  const capacityBps = SCENARIOS.tcp.link.rateBps(0);
  expect((cameras[0]?.deliveredBps(20_000, 60_000) ?? 0) / capacityBps).toBeGreaterThan(0.45);
  expect(tcpBps(20_000, 60_000) / capacityBps).toBeGreaterThan(1 / 3);
});

it.each([1, 2, 3, 4])("seed %d: frames are held back for what is sent again, soon after TCP began", (seed) => {
  const { cameras } = simulate({ ...SCENARIOS.tcp, durationMs: 16_000 }, seed);
  expect(cameras[0]?.decisionAt(15_000)?.playoutMs).toBeGreaterThan(100);
});
