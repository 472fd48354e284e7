import { SCENARIOS } from "./scenarios.ts";
import type { Outcome } from "./simulate.ts";

/** What happens before is the start, which other figures describe. */
export const WARM_UP_MS = 8_000;
const FREEZE_FROM_MS = 2_000;

type Name = keyof typeof SCENARIOS;

/** A row a scenario, each figure the median of the runs, with the worst in brackets; several cameras one beneath the other. */
export function tableOf(runs: (name: Name) => Outcome[]): string {
  const head =
    "| scenario | delivered Mbps | of the link | p95 queue ms | longest freeze ms |\n|---|---|---|---|---|\n";
  return (
    head +
    Object.keys(SCENARIOS)
      .map((name) => rowsOf(name as Name, runs(name as Name)))
      .join("")
  );
}

function rowsOf(name: Name, outcomes: Outcome[]): string {
  const scenario = SCENARIOS[name];
  const { durationMs } = scenario;
  return scenario.cameras
    .map(({ startMs = 0 }: { startMs?: number }, i) => {
      const fromMs = startMs + WARM_UP_MS;
      const flows = outcomes.flatMap(({ cameras, capacityBps }) => {
        const flow = cameras[i];
        return flow ? [{ flow, capacityBps: capacityBps(fromMs, durationMs) }] : [];
      });
      const delivered = flows.map(({ flow }) => flow.deliveredBps(fromMs, durationMs) / 1e6);
      const shares = flows.map(({ flow, capacityBps }) => (100 * flow.deliveredBps(fromMs, durationMs)) / capacityBps);
      const queues = flows.map(({ flow }) => flow.queueMs(0.95, fromMs, durationMs));
      const freezes = flows.map(({ flow }) => flow.longestFreezeMs(startMs + FREEZE_FROM_MS, durationMs));
      const label = i === 0 ? scenario.name : `${scenario.name}, the later one`;
      return `| ${label} | ${figure(delivered, 2, "least")} | ${figure(shares, 0, "least")} % | ${figure(queues, 0)} | ${figure(freezes, 0)} |\n`;
    })
    .join("");
}

function figure(values: number[], digits: number, worst: "least" | "most" = "most"): string {
  const sorted = values.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const end = (worst === "least" ? sorted[0] : sorted.at(-1)) ?? 0;
  return `${median.toFixed(digits)} (${end.toFixed(digits)})`;
}
