import { quantile } from "../figures.ts";
import type { Passed, Queued, Sent } from "./network.ts";
import type { Observation, Received } from "./observe.ts";
import { FALLS_AT_MS, HEALS_AT_MS, rateAt, rateCountsFromMs, type Scenario } from "./scenarios.ts";

/** A picture that stands longer is called frozen, and that whole time counts. */
const FROZEN_MS = 200;
const STEP_MS = 100;
const FALL_WINDOW_MS = 500;
const HEAL_WINDOW_MS = 1_000;
const USED = 0.85;
/** The last part of a scenario, when flows have had time to agree. */
const LAST_SHARE = 1 / 3;

export interface FlowFigures {
  /** For how long its rate counts: while it was there, and its picture had detail. */
  seconds: number;
  deliveredMbps: number;
  /** Of what the bottleneck could have carried in that time. */
  ofLink: number;
  lastMbps: number;
  /** While all flows of the scenario were there. */
  togetherMbps: number;
  glassP50Ms: number;
  glassP95Ms: number;
  /** Of the pictures shown, those whose stamp could be read: of the others no age is known. */
  agedPercent: number;
  /** The 95th percentile above the youngest picture: what the bottleneck's queue added, and the viewer's own buffer. */
  ageAboveLeastP95Ms: number;
  /** How long a packet would have waited before the bottleneck, whoever's packets were there; of moments 20 ms apart. */
  queueP95Ms: number;
  frozenMs: number;
  longestMs: number;
  smallestWidth: number;
  /** After the link's fall, until what is sent fits the new rate; after its healing, until 85 % of it are used. */
  fittedAfterMs?: number;
  healedAfterMs?: number;
}

/**
 * What each flow came to.
 * @param startMs the scenario's start, milliseconds since the Unix epoch
 * @param observations of each flow's viewer, in the order of their coming
 */
export function figuresOf(
  scenario: Scenario,
  startMs: number,
  observations: readonly Observation[],
  passed: Passed,
): FlowFigures[] {
  const fromMs = observations.map(({ shownAtMs }, flow) => {
    const joinedMs = (shownAtMs[0] ?? startMs) - startMs;
    return Math.max(0, joinedMs, scenario.flowsAtMs[flow] ?? 0);
  });
  const togetherFromMs = Math.max(...fromMs);
  return observations.map((seenBy, flow) => {
    return flowFigures(scenario, startMs, { fromMs: fromMs[flow] ?? 0, togetherFromMs }, seenBy, passed);
  });
}

function flowFigures(
  scenario: Scenario,
  startMs: number,
  { fromMs, togetherFromMs }: { fromMs: number; togetherFromMs: number },
  seenBy: Observation,
  { sent, queued }: Passed,
): FlowFigures {
  const rateFromMs = Math.max(fromMs, rateCountsFromMs(scenario));
  const within = ({ atMs }: { atMs: number }) => atMs >= startMs + fromMs && atMs <= startMs + scenario.durationMs;
  const received = seenBy.received.filter(within);
  const seen = seenBy.seen.filter(({ seenAtMs }) => within({ atMs: seenAtMs }));
  const agesMs = seen.map(({ seenAtMs, drawnAtMs }) => seenAtMs - drawnAtMs);
  const shownWithin = seenBy.shownAtMs.filter((atMs) => within({ atMs }));
  const shown = [startMs + fromMs, ...shownWithin, startMs + scenario.durationMs];
  const gapsMs = shown.slice(1).map((atMs, i) => atMs - (shown[i] ?? atMs));
  const lastFromMs = scenario.durationMs * (1 - LAST_SHARE);
  const mbpsFrom = (ms: number) => mbpsOf(received.filter(({ atMs }) => atMs >= startMs + ms));
  const deliveredMbps = mbpsFrom(rateFromMs);
  const changes = scenario.rate.some(({ atMs }) => atMs === HEALS_AT_MS);
  return {
    seconds: (scenario.durationMs - rateFromMs) / 1_000,
    deliveredMbps,
    ofLink: (deliveredMbps * 1e6) / capacityBps(scenario, rateFromMs),
    lastMbps: mbpsFrom(lastFromMs),
    togetherMbps: mbpsFrom(Math.max(rateFromMs, togetherFromMs)),
    glassP50Ms: quantile(agesMs, 0.5),
    glassP95Ms: quantile(agesMs, 0.95),
    agedPercent: Math.min(100, (100 * seen.length) / Math.max(1, shownWithin.length)),
    ageAboveLeastP95Ms: quantile(agesMs, 0.95) - quantile(agesMs, 0),
    queueP95Ms: quantile(waitsMs(scenario, startMs, queued.filter(within)), 0.95),
    frozenMs: gapsMs.filter((gapMs) => gapMs > FROZEN_MS).reduce((sum, gapMs) => sum + gapMs, 0),
    longestMs: Math.max(0, ...gapsMs),
    smallestWidth: Math.min(...received.map(({ width }) => width).filter((width) => width > 0)),
    ...(changes ? { fittedAfterMs: fittedAfterMs(scenario, startMs, sent) } : {}),
    ...(changes ? { healedAfterMs: healedAfterMs(scenario, startMs, received) } : {}),
  };
}

function mbpsOf(received: Received[]): number {
  const [first, last] = [received[0], received.at(-1)];
  if (!first || !last || first === last) return 0;
  return ((last.bytes - first.bytes) * 8) / (last.atMs - first.atMs) / 1_000;
}

/** What waited, at the rate at which it was about to leave. */
function waitsMs(scenario: Scenario, startMs: number, queued: Queued[]): number[] {
  return queued.map(({ atMs, bytes }) => (bytes * 8_000) / rateAt(scenario, atMs - startMs));
}

function capacityBps(scenario: Scenario, fromMs: number): number {
  const rates: number[] = [];
  for (let atMs = fromMs; atMs < scenario.durationMs; atMs += STEP_MS) rates.push(rateAt(scenario, atMs));
  return rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
}

/** Never: infinite, which JSON tells as null. */
function fittedAfterMs(scenario: Scenario, startMs: number, sent: Sent[]): number {
  const newBps = rateAt(scenario, FALLS_AT_MS + STEP_MS);
  for (let afterMs = 0; afterMs < HEALS_AT_MS - FALLS_AT_MS; afterMs += STEP_MS) {
    const fromMs = startMs + FALLS_AT_MS + afterMs;
    const within = sent.filter(({ atMs }) => atMs > fromMs && atMs <= fromMs + FALL_WINDOW_MS);
    const bps = (within.reduce((sum, { bytes }) => sum + bytes, 0) * 8_000) / FALL_WINDOW_MS;
    if (within.length > 0 && bps <= newBps) return afterMs;
  }
  return Number.POSITIVE_INFINITY;
}

function healedAfterMs(scenario: Scenario, startMs: number, received: Received[]): number {
  const wantedMbps = (USED * rateAt(scenario, HEALS_AT_MS + STEP_MS)) / 1e6;
  for (let afterMs = 0; HEALS_AT_MS + afterMs + HEAL_WINDOW_MS <= scenario.durationMs; afterMs += STEP_MS) {
    const fromMs = startMs + HEALS_AT_MS + afterMs;
    const within = received.filter(({ atMs }) => atMs >= fromMs && atMs <= fromMs + HEAL_WINDOW_MS);
    if (mbpsOf(within) >= wantedMbps) return afterMs;
  }
  return Number.POSITIVE_INFINITY;
}
