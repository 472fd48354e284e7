import { quantile } from "../figures.ts";
import type { FlowFigures } from "./figures.ts";
import type { Outcome } from "./report.ts";

/** One outcome of each scenario and sender: every figure is the median of its rounds (the lower of two in the middle). */
export function medians(outcomes: readonly Outcome[]): Outcome[] {
  const groups = Map.groupBy(outcomes, ({ scenario, sender }) => `${scenario}, ${sender}`);
  return [...groups.values()].flatMap((rounds) => {
    const [first] = rounds;
    if (!first) return [];
    const flows = first.flows.map((_, flow) => medianFlow(rounds.flatMap(({ flows }) => flows[flow] ?? [])));
    const tcpMbps = median(rounds.flatMap((round) => round.tcpMbps ?? []));
    return [{ ...first, flows, ...(tcpMbps === undefined ? {} : { tcpMbps }) }];
  });
}

function medianFlow(rounds: readonly FlowFigures[]): FlowFigures {
  const keys = Object.keys(rounds[0] ?? {}) as (keyof FlowFigures)[];
  const entries = keys.map((key) => [key, median(rounds.flatMap((round) => round[key] ?? []))]);
  return Object.fromEntries(entries);
}

function median(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : quantile(values, 0.5);
}
