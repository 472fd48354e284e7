import { table } from "../figures.ts";
import { publish } from "../results.ts";
import type { FlowFigures } from "./figures.ts";
import { medians } from "./medians.ts";

export interface Outcome {
  scenario: string;
  sender: string;
  flows: FlowFigures[];
  tcpMbps?: number;
}

const HEADER = [
  "scenario, sender",
  ...["Mbps", "of link", "glass p50 ms", "p95", "queue p95", "frozen ms", "longest", "fitted after", "healed after"],
];

/** Tables for people: what each did, and Sightline's of Chromium's; medians where there were several rounds. */
export function report(runs: Outcome[], conditions: object, args: string[]): void {
  const outcomes = medians(runs);
  const rows = outcomes.flatMap(({ scenario, sender, flows, tcpMbps }) => [
    ...flows.map((flow, i) => [`${scenario}, ${sender}${i > 0 ? ", the later one" : ""}`, ...cells(flow)]),
    ...(tcpMbps === undefined ? [] : [[`${scenario}, ${sender}, the download`, tcpMbps.toFixed(2)]]),
  ]);
  const ratios = outcomes.flatMap(({ scenario, sender, flows: own }) => {
    const other = outcomes.find((outcome) => outcome.scenario === scenario && outcome.sender === "chromium")?.flows;
    return sender === "sightline" && other ? [{ scenario, ...ratiosOf(own, other) }] : [];
  });
  const shares = outcomes
    .filter(({ flows }) => flows.length > 1)
    .map(({ scenario, sender, flows }) => {
      const rates = flows.map(({ lastMbps }) => lastMbps);
      return { scenario, sender, lesserOfGreater: round(Math.min(...rates) / Math.max(...rates)) };
    });
  const compared = ratios.map(({ scenario, delivered, queueP95, frozenMsMore }) => [
    scenario,
    delivered,
    queueP95,
    Math.round(frozenMsMore),
  ]);
  const text = [
    table(HEADER, rows),
    table(["Sightline's of Chromium's", "Mbps", "queue p95", "ms frozen more"], compared),
    ...(shares.length > 0
      ? [
          table(
            ["shares at last", "lesser of greater"],
            shares.map((s) => [`${s.scenario}, ${s.sender}`, s.lesserOfGreater]),
          ),
        ]
      : []),
  ].join("\n\n");
  publish("adapt", text, { ...conditions, outcomes, ratios, shares, runs }, args);
}

function cells(flow: FlowFigures): (string | number)[] {
  const times = [flow.fittedAfterMs, flow.healedAfterMs].map((ms) => {
    if (ms === undefined) return "";
    return Number.isFinite(ms) ? ms : "never";
  });
  const ms = [flow.glassP50Ms, flow.glassP95Ms, flow.queueP95Ms, flow.frozenMs, flow.longestMs].map(Math.round);
  return [flow.deliveredMbps.toFixed(2), `${Math.round(100 * flow.ofLink)} %`, ...ms, ...times];
}

/** Of all flows together: what one of them gets more, another has less. */
export function ratiosOf(own: FlowFigures[], other: FlowFigures[]) {
  return {
    delivered: round(deliveredMegabits(own) / deliveredMegabits(other)),
    queueP95: round(longestQueueMs(own) / longestQueueMs(other)),
    frozenMsMore: frozenMs(own) - frozenMs(other),
  };
}

function deliveredMegabits(flows: FlowFigures[]): number {
  return flows.reduce((sum, { deliveredMbps, seconds }) => sum + deliveredMbps * seconds, 0);
}

function longestQueueMs(flows: FlowFigures[]): number {
  return Math.max(...flows.map(({ queueP95Ms }) => queueP95Ms));
}

function frozenMs(flows: FlowFigures[]): number {
  return flows.reduce((sum, flow) => sum + flow.frozenMs, 0);
}

function round(value: number): number {
  return Math.round(100 * value) / 100;
}
