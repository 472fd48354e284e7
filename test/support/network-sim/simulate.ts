import type { Decision } from "../../../src/sender/congestion/decision.ts";
import { Random } from "../random.ts";
import { CameraFlow } from "./camera-flow.ts";
import { Link } from "./link.ts";
import type { Scenario } from "./scenarios.ts";
import { TcpModel } from "./tcp-model.ts";
import { Timeline } from "./timeline.ts";

export interface Outcome {
  cameras: Measured[];
  /** What the competing TCP flow got. */
  tcpBps(fromMs: number, toMs: number): number;
  capacityBps(fromMs: number, toMs: number): number;
}

/** As `bench adapt` has it. */
const FROZEN_MS = 200;

type Samples = readonly { atMs: number; bytes: number }[];

/** What can be asked of a camera's flow after a run; times are those of the scenario. */
export class Measured {
  readonly #flow: CameraFlow;

  constructor(flow: CameraFlow) {
    this.#flow = flow;
  }

  /** Media that reached the viewer, each packet once. */
  deliveredBps(fromMs: number, toMs: number): number {
    return rateOf(this.#flow.viewer.delivered, fromMs, toMs);
  }

  /** Everything that left, retransmissions and padding included. */
  sentBps(fromMs: number, toMs: number): number {
    return rateOf(this.#flow.sent, fromMs, toMs);
  }

  decisionAt(atMs: number): Decision | undefined {
    return this.#flow.decisions.findLast((each) => each.atMs <= atMs)?.decision;
  }

  queueMs(share: number, fromMs: number, toMs: number): number {
    const values = this.#flow.queue.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).map(({ queueMs }) => queueMs);
    values.sort((a, b) => a - b);
    return values[Math.min(Math.floor(share * values.length), values.length - 1)] ?? 0;
  }

  /** The longest time without a new picture. */
  longestFreezeMs(fromMs: number, toMs: number): number {
    return Math.max(0, ...this.#gapsMs(fromMs, toMs));
  }

  /** All the time that a picture stood for longer than `FROZEN_MS`. */
  frozenMs(fromMs: number, toMs: number): number {
    return this.#gapsMs(fromMs, toMs).reduce((sum, gapMs) => (gapMs > FROZEN_MS ? sum + gapMs : sum), 0);
  }

  /** The first time from which what is delivered, over each following second, stays at or above this. */
  reachedAtMs(bitrateBps: number, fromMs: number, toMs: number): number {
    for (let atMs = fromMs; atMs + 2_000 <= toMs; atMs += 100) {
      if (this.deliveredBps(atMs, atMs + 2_000) >= bitrateBps) return atMs;
    }
    return Number.POSITIVE_INFINITY;
  }

  #gapsMs(fromMs: number, toMs: number): number[] {
    const shown = [...this.#flow.viewer.shownAtMs.filter((atMs) => atMs >= fromMs && atMs < toMs), toMs];
    return shown.map((atMs, i) => atMs - (shown[i - 1] ?? fromMs));
  }
}

export function simulate(scenario: Scenario, seed: number): Outcome {
  const timeline = new Timeline();
  const random = new Random(seed);
  const { newPathAtMs = Number.POSITIVE_INFINITY } = scenario;
  const { propagationMs, rateBps } = scenario.link;
  // What was sent by the former path stays on it.
  const former = { ...scenario.link, rateBps: (atMs: number) => rateBps(Math.min(atMs, newPathAtMs - 1)) };
  const link = new Link(timeline, random, former);
  const flows = scenario.cameras.map(
    ({ startMs = 0, demandBps }) =>
      new CameraFlow(timeline, link, random, {
        estimator: { startBps: scenario.startBps ?? 1_000_000, minBps: 100_000, maxBps: scenario.maxBps },
        encoder: { fps: 30, ...(demandBps ? { demandBps } : {}) },
        // Apart by a part of a picture, as cameras are.
        startMs: startMs + random.next() * 33,
        propagationMs,
        feedbackLoss: scenario.feedbackLoss ?? 0,
        ...(scenario.reports ? { reports: scenario.reports } : {}),
        ...(scenario.stalls ? { stalls: scenario.stalls } : {}),
      }),
  );
  if (scenario.newPathAtMs !== undefined) {
    timeline.at(newPathAtMs, () => {
      const another = new Link(timeline, random, scenario.link);
      for (const flow of flows) flow.onNewPath(another);
    });
  }
  const tcp = new TcpModel(timeline, link, propagationMs);
  if (scenario.tcpStartMs !== undefined) tcp.start(scenario.tcpStartMs);
  timeline.runUntil(scenario.durationMs);
  return {
    cameras: flows.map((flow) => new Measured(flow)),
    tcpBps: (fromMs, toMs) => rateOf(tcp.delivered, fromMs, toMs),
    capacityBps: (fromMs, toMs) => {
      const steps = Math.round((toMs - fromMs) / 10);
      let sum = 0;
      const { outage } = scenario.link;
      for (let i = 0; i < steps; i++) {
        const atMs = fromMs + i * 10;
        if (!outage || atMs < outage.fromMs || atMs >= outage.toMs) sum += rateBps(atMs);
      }
      return sum / steps;
    },
  };
}

function rateOf(samples: Samples, fromMs: number, toMs: number): number {
  const bytes = samples.reduce((sum, each) => (each.atMs >= fromMs && each.atMs < toMs ? sum + each.bytes : sum), 0);
  return (bytes * 8_000) / (toMs - fromMs);
}
