import type { ReportsOptions } from "./camera-flow.ts";
import type { LinkOptions } from "./link.ts";

export interface Scenario {
  name: string;
  durationMs: number;
  link: LinkOptions;
  cameras: { startMs?: number; demandBps?(atMs: number): number }[];
  /** The most that the camera can use. */
  maxBps: number;
  startBps?: number;
  tcpStartMs?: number;
  feedbackLoss?: number;
  /** The viewers give no transport-wide feedback, but reports alone. */
  reports?: ReportsOptions;
  /** The senders' machine has no time for them: so often, up to so long. */
  stalls?: { everyMs: number; lastingMs: number };
  /** The connection changes paths: `link.rateBps` is the other one's from then on, whose queue is empty. */
  newPathAtMs?: number;
}

const MBPS = 1_000_000;
const steady = (bitrateBps: number) => () => bitrateBps;
const queueOf = (bitrateBps: number, ms: number) => (bitrateBps * ms) / 8_000;

const base = {
  durationMs: 40_000,
  link: { rateBps: steady(3 * MBPS), queueBytes: queueOf(3 * MBPS, 300), bucketBytes: 3_200, propagationMs: 20 },
  cameras: [{}],
  maxBps: 6 * MBPS,
};
const link = (changes: Partial<LinkOptions>) => ({ ...base.link, ...changes });

/** When the link of the scenarios that change falls, and heals. */
export const FALLS_AT_MS = 15_000;
export const HEALS_AT_MS = 30_000;

/** When the network goes, the still picture is disturbed, and the path changes. */
export const DISTURBED_AT_MS = 20_000;
export const OUTAGE_MS = 10_000;

const dips = (atMs: number) => (atMs >= DISTURBED_AT_MS && atMs < DISTURBED_AT_MS + 700 ? 0.2 * MBPS : 3 * MBPS);
const widens = (atMs: number) => (atMs < DISTURBED_AT_MS ? 0.5 * MBPS : 3 * MBPS);
const falls = (atMs: number) => (atMs < FALLS_AT_MS ? 3 * MBPS : 0.5 * MBPS);
const fallsAndHeals = (atMs: number) => (atMs < HEALS_AT_MS ? falls(atMs) : 3 * MBPS);
/** 3 Mbps down to 1 in twenty seconds, and up again. */
const ramp = (atMs: number) => MBPS * (3 - 2 * Math.max(0, 1 - Math.abs(atMs - 30_000) / 20_000));

export const SCENARIOS = {
  steady: { ...base, name: "steady, 3 Mbps" },
  steadySlow: {
    ...base,
    name: "steady, 0.6 Mbps",
    link: link({ rateBps: steady(0.6 * MBPS), queueBytes: queueOf(0.6 * MBPS, 300) }),
    startBps: 0.3 * MBPS,
  },
  fast: {
    ...base,
    name: "8 Mbps",
    link: link({ rateBps: steady(8 * MBPS), queueBytes: queueOf(8 * MBPS, 300) }),
    maxBps: 12 * MBPS,
  },
  wide: {
    ...base,
    name: "wider than the camera needs",
    maxBps: 2.5 * MBPS,
    link: link({ rateBps: steady(10 * MBPS) }),
  },
  drop: { ...base, name: "drop 3 to 0.5 Mbps", link: link({ rateBps: falls }) },
  heal: { ...base, name: "healing after a drop", durationMs: 50_000, link: link({ rateBps: fallsAndHeals }) },
  ramp: { ...base, name: "slow ramp 3 to 1 to 3 Mbps", durationMs: 60_000, link: link({ rateBps: ramp }) },
  deep: { ...base, name: "deep buffer, 1.5 s", link: link({ queueBytes: queueOf(3 * MBPS, 1_500) }) },
  shallow: { ...base, name: "shallow buffer, 40 ms", link: link({ queueBytes: queueOf(3 * MBPS, 40) }) },
  randomLoss: { ...base, name: "3 % random loss", link: link({ loss: 0.03 }) },
  burstLoss: { ...base, name: "burst loss", link: link({ burstLoss: { everyMs: 2_000, lastingMs: 40 } }) },
  longWay: { ...base, name: "200 ms RTT", link: link({ propagationMs: 100 }) },
  jitter: { ...base, name: "jitter, 20 ms and stalls of 80", link: link({ jitterMs: 20, stallMs: 80 }) },
  jitterBefore: { ...base, name: "jitter of 20 ms before the bottleneck", link: link({ jitterBeforeMs: 20 }) },
  twoFlows: { ...base, name: "two flows", durationMs: 120_000, cameras: [{}, { startMs: 10_000 }] },
  tcp: {
    ...base,
    name: "against TCP",
    durationMs: 60_000,
    link: link({ queueBytes: queueOf(3 * MBPS, 150) }),
    tcpStartMs: 10_000,
  },
  applicationLimited: {
    ...base,
    name: "application-limited start",
    cameras: [{ demandBps: (atMs) => (atMs < 15_000 ? 0.25 * MBPS : 100 * MBPS) }],
    startBps: 0.3 * MBPS,
  },
  idlePhases: {
    ...base,
    name: "application-limited phases",
    cameras: [{ demandBps: (atMs) => (Math.floor(atMs / 8_000) % 2 === 1 ? 0.15 * MBPS : 100 * MBPS) }],
  },
  outage: {
    ...base,
    name: "no network for 10 s",
    link: link({ outage: { fromMs: DISTURBED_AT_MS, toMs: DISTURBED_AT_MS + OUTAGE_MS } }),
  },
  disturbed: {
    ...base,
    name: "a still picture, disturbed once",
    cameras: [{ demandBps: (atMs) => (atMs < DISTURBED_AT_MS + 6_000 ? 0.3 * MBPS : 100 * MBPS) }],
    link: link({ rateBps: dips }),
  },
  newPath: {
    ...base,
    name: "a path of 0.5, then one of 3 Mbps",
    link: link({ rateBps: widens }),
    newPathAtMs: DISTURBED_AT_MS,
  },
  narrow: { ...base, name: "drop 3 to 0.5 Mbps, for minutes", durationMs: 180_000, link: link({ rateBps: falls }) },
  stalls: { ...base, name: "a machine that stalls", stalls: { everyMs: 700, lastingMs: 300 } },
  feedbackLoss: { ...base, name: "a third of the feedback lost", feedbackLoss: 0.33 },
} satisfies Record<string, Scenario>;
