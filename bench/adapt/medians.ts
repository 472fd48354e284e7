import { median } from "../figures.ts";
import type { FlowFigures } from "./figures.ts";
import type { Outcome } from "./outcome.ts";

/**
 * One outcome of each scenario and sender: every figure is the median of its rounds by itself, so that no two need be of one
 * round. How many stamps could be read is that of the worst round: the ages of every round are in the medians. What is compared
 * is compared round by round, not of these.
 */
export function medians(outcomes: readonly Outcome[]): Omit<Outcome, "round">[] {
  const groups = Map.groupBy(outcomes, ({ scenario, sender }) => `${scenario}, ${sender}`);
  return [...groups.values()].flatMap((rounds) => {
    const [first] = rounds;
    if (!first) return [];
    const { scenario, sender } = first;
    const flows = first.flows.map((_, flow) => medianFlow(rounds.flatMap(({ flows }) => flows[flow] ?? [])));
    const tcpMbps = rounds.flatMap((round) => round.tcpMbps ?? []);
    return [{ scenario, sender, flows, ...(tcpMbps.length > 0 ? { tcpMbps: median(tcpMbps) } : {}) }];
  });
}

function medianFlow(rounds: readonly FlowFigures[]): FlowFigures {
  const keys = Object.keys(rounds[0] ?? {}) as (keyof FlowFigures)[];
  const entries = keys.map((key) => {
    const values = rounds.flatMap((round) => round[key] ?? []);
    return [key, key === "agedPercent" ? Math.min(...values) : median(values)];
  });
  return Object.fromEntries(entries);
}
