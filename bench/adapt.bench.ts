import { setTimeout as sleep } from "node:timers/promises";
import { Browser } from "../test/support/browser.ts";
import { chromiumAt } from "./adapt/chromium-at.ts";
import { figuresOf } from "./adapt/figures.ts";
import { Network } from "./adapt/network.ts";
import { type Observation, observation, observe } from "./adapt/observe.ts";
import type { Outcome } from "./adapt/outcome.ts";
import { report } from "./adapt/report.ts";
import { SCENARIOS, type Scenario } from "./adapt/scenarios.ts";
import { type AdaptingSender, openChromium, openSightline } from "./adapt/senders.ts";
import { TcpFlow } from "./adapt/tcp.ts";
import { type Measurement, rotated } from "./measurement.ts";
import { CHROMIUM } from "./peers/catalogue.ts";
import { SHOW_ADDRESSES } from "./peers/chromium/sender.ts";
import type { Stream } from "./peers/stream.ts";

/**
 * How does the sender take a network that changes? Sightline, run as a user runs it, and Chromium as the sender, as it is
 * and with a playout delay of zero throughout, one after the other through the same bottleneck between
 * network namespaces: what arrives, how old it is, how long it stands, how much waits before the bottleneck.
 */
export const needs = [
  CHROMIUM,
  { package: "iproute2", file: "/usr/sbin/tc" },
  { package: "procps", file: "/sbin/sysctl" },
  { package: "python3", file: "/usr/bin/python3" },
];

/** Smaller than usual, and noise: what is measured is the network, not how fast this machine encodes. */
const STREAM: Stream = { width: 960, height: 540, fps: 30, bitrateBps: 6_000_000 };
type Open = (network: Network, scenario: Scenario) => Promise<AdaptingSender>;
const SENDERS = {
  sightline: (network, scenario) => openSightline(network, scenario, STREAM),
  chromium: (network, scenario) => openChromium(network, scenario, STREAM, false),
  "chromium-playout": (network, scenario) => openChromium(network, scenario, STREAM, true),
} satisfies Record<string, Open>;
type Name = keyof typeof SENDERS;
const NAMES = Object.keys(SENDERS) as Name[];
const QUICK = ["steady"];
const QUICK_MS = 8_000;
const ROUNDS = 1;

/** `--scenarios steady,drop` and `--senders sightline` ask for less, `--quick` for little, `--rounds 3` for more */
export function read(measurement: Measurement) {
  const { quick } = measurement;
  const every = SCENARIOS.map(({ name }) => name);
  const names = measurement.chosen("--scenarios", every, quick ? QUICK : every);
  const senders = measurement.chosen("--senders", NAMES);
  const rounds = measurement.count("--rounds", ROUNDS);
  const scenarios = SCENARIOS.filter(({ name }) => names.includes(name)).map((scenario) =>
    quick ? { ...scenario, durationMs: Math.min(scenario.durationMs, QUICK_MS) } : scenario,
  );
  return { senders, rounds, scenarios };
}

export async function run(measurement: Measurement, asked: ReturnType<typeof read>): Promise<void> {
  if (process.getuid?.() !== 0) {
    console.error("Only root may make network namespaces: run this bench as root.");
    process.exit(1);
  }
  const { senders, rounds, scenarios } = asked;
  await measurement.quiet();
  const outcomes: Outcome[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const scenario of scenarios) {
      for (const sender of rotated(senders, round)) {
        try {
          const outcome = { scenario: scenario.name, sender, round, ...(await measure(sender, scenario)) };
          outcomes.push(outcome);
          console.log(JSON.stringify(outcome));
        } catch (error) {
          measurement.failed(`${scenario.name}, ${sender}, round ${round}`, error);
        }
      }
    }
  }
  report(measurement, outcomes, scenarios, { stream: STREAM, rounds });
}

async function measure(name: Name, scenario: Scenario): Promise<Pick<Outcome, "flows" | "tcpMbps">> {
  await using network = await Network.open(scenario);
  await using sender = await SENDERS[name](network, scenario);
  await using executable = await chromiumAt(network.at("viewer"));
  await using browser = await Browser.open({ executable: executable.path, disabledFeatures: SHOW_ADDRESSES });
  using tcp = scenario.tcp ? await TcpFlow.open(network) : undefined;
  const [, ...later] = scenario.flowsAtMs;
  const first = await joined(browser, sender, 0);
  network.start();
  const startMs = Date.now();
  const others = later.map(async (atMs, i) => {
    await sleep(atMs);
    return joined(browser, sender, i + 1);
  });
  const downloading = sleep(scenario.tcp?.atMs ?? 0).then(() => tcp?.start());
  // All at once: what fails of it meanwhile is this run's failure, and not the end of the bench.
  const [further] = await Promise.all([Promise.all(others), downloading, sleep(scenario.durationMs)]);
  const observations: Observation[] = [];
  for (const page of [first, ...further]) observations.push(await observation(page));
  const flows = figuresOf(scenario, startMs, observations, network);
  return { flows, ...(tcp ? { tcpMbps: tcp.mbps } : {}) };
}

async function joined(browser: Browser, sender: AdaptingSender, flow: number) {
  const page = await browser.page();
  await observe(page);
  await sender.join(page, flow);
  return page;
}
