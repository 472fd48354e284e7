import { loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { Browser } from "../test/support/browser.ts";
import { chromiumAt } from "./adapt/chromium-at.ts";
import { type FlowFigures, figuresOf } from "./adapt/figures.ts";
import { Network } from "./adapt/network.ts";
import { observation, observe } from "./adapt/observe.ts";
import { type Outcome, report } from "./adapt/report.ts";
import { SCENARIOS, type Scenario } from "./adapt/scenarios.ts";
import { type AdaptingSender, openChromium, openSightline } from "./adapt/senders.ts";
import { TcpFlow } from "./adapt/tcp.ts";
import { isQuick, listed, readRounds } from "./args.ts";
import { CHROMIUM } from "./peers/catalogue.ts";
import { SHOW_ADDRESSES } from "./peers/chromium/sender.ts";
import type { Stream } from "./peers/stream.ts";

/**
 * How does the sender take a network that changes? Sightline, run as a user runs it, and Chromium as the sender, one
 * after the other through the same bottleneck between network namespaces: what arrives, how old it is, how long it stands.
 */
export const needs = [
  CHROMIUM,
  { package: "iproute2", file: "/usr/sbin/tc" },
  { package: "python3", file: "/usr/bin/python3" },
];

/** Smaller than usual, and noise: what is measured is the network, not how fast this machine encodes. */
const STREAM: Stream = { width: 960, height: 540, fps: 30, bitrateBps: 6_000_000 };
const SENDERS = { sightline: openSightline, chromium: openChromium };
type Name = keyof typeof SENDERS;
const QUICK = ["steady"];
const QUICK_MS = 8_000;
const ROUNDS = 1;

/** @param args `--scenarios steady,drop` and `--senders sightline` ask for less, `--quick` for little, `--rounds 3` for more */
export async function run(args: string[]): Promise<void> {
  if (process.getuid?.() !== 0) {
    console.error("Only root may make network namespaces: run this bench as root.");
    process.exit(1);
  }
  const quick = isQuick(args);
  const names = listed(args, "--scenarios") ?? (quick ? QUICK : SCENARIOS.map(({ name }) => name));
  const senders = (listed(args, "--senders") ?? Object.keys(SENDERS)) as Name[];
  const loadBefore = loadavg();
  const outcomes: Outcome[] = [];
  const rounds = readRounds(args, ROUNDS);
  const scenarios = SCENARIOS.filter(({ name }) => names.includes(name));
  for (const scenario of Array.from({ length: rounds }, () => scenarios).flat()) {
    for (const sender of senders) {
      const shortened = quick ? { ...scenario, durationMs: Math.min(scenario.durationMs, QUICK_MS) } : scenario;
      try {
        const outcome = { scenario: scenario.name, sender, ...(await measure(sender, shortened)) };
        outcomes.push(outcome);
        console.log(JSON.stringify(outcome));
      } catch (error) {
        console.error(`${scenario.name}, ${sender}: ${error}`);
      }
    }
  }
  report(outcomes, { stream: STREAM, rounds, loadBefore, loadAfter: loadavg() }, args);
}

async function measure(name: Name, scenario: Scenario): Promise<Pick<Outcome, "flows" | "tcpMbps">> {
  await using network = await Network.open(scenario);
  await using sender = await SENDERS[name](network, scenario, STREAM);
  await using executable = await chromiumAt(network.at("viewer"));
  await using browser = await Browser.open({ executable: executable.path, flags: [SHOW_ADDRESSES] });
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
  await sleep(scenario.durationMs);
  await downloading;
  const pages = [first, ...(await Promise.all(others))];
  const flows: FlowFigures[] = [];
  for (const [flow, page] of pages.entries()) {
    flows.push(figuresOf(scenario, flow, startMs, await observation(page), network.sent));
  }
  return { flows, ...(tcp ? { tcpMbps: tcp.mbps } : {}) };
}

async function joined(browser: Browser, sender: AdaptingSender, flow: number) {
  const page = await browser.page();
  await observe(page);
  await sender.join(page, flow);
  return page;
}
