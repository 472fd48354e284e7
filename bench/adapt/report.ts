import { type Judged, table } from "../figures.ts";
import type { Measurement } from "../measurement.ts";
import { type Comparison, compare, sharesOf, TARGETS } from "./compare.ts";
import type { FlowFigures } from "./figures.ts";
import { medians } from "./medians.ts";
import type { Outcome } from "./outcome.ts";
import { queueText, type Scenario } from "./scenarios.ts";

const HEADER = [
  "scenario, sender",
  ...["Mbps", "of link", "Mbps, all there", "glass p50 ms", "p95", "above least p95", "stamps read", "queue p95"],
  ...["frozen ms", "longest", "fitted after", "healed after"],
];
const COMPARED = [
  "Sightline beside",
  ...[
    "of its Mbps",
    "worst",
    "of its queue p95",
    "worst",
    "ms frozen more",
    "worst",
    "ms older p50",
    "worst",
    "ms older p95",
    "worst",
    "missed",
  ],
];

/** Pictures that a network spoilt may be the oldest: ages without theirs tell too little. */
const AGED_AT_LEAST_PERCENT = 90;
const NOTE = `* in a round the stamp of less than ${AGED_AT_LEAST_PERCENT} % of the pictures could be read: the ages are those of these.`;

/** Tables for people: what each did, medians where there were several rounds, and Sightline beside the others. */
export function report(measurement: Measurement, runs: Outcome[], scenarios: Scenario[], conditions: object): void {
  const outcomes = medians(runs);
  const nameOf = (name: string) => {
    const scenario = scenarios.find((each) => each.name === name);
    return scenario && scenario.rate.length > 1 ? `${name} (${queueText(scenario)})` : name;
  };
  const rows = outcomes.flatMap(({ scenario, sender, flows, tcpMbps }) => [
    ...flows.map((flow, i) => [
      `${nameOf(scenario)}, ${sender}${i > 0 ? ", the later one" : ""}`,
      ...cells(flow, flows.length > 1),
    ]),
    ...(tcpMbps === undefined ? [] : [[`${scenario}, ${sender}, the download`, tcpMbps.toFixed(2)]]),
  ]);
  const comparisons = compare(runs);
  const shares = sharesOf(runs);
  const text = [
    table(HEADER, rows),
    ...(outcomes.every(({ flows }) => flows.every(isAged)) ? [] : [NOTE]),
    ...(comparisons.length > 0 ? [table(COMPARED, comparisons.map(comparedCells))] : []),
    ...(shares.length > 0
      ? [
          table(
            ["lesser flow of the greater", "while all were there", "worst", "in the last third", "worst"],
            shares.map((s) => [`${s.scenario}, ${s.sender}`, ...both(s.together, 3), ...both(s.last, 3)]),
          ),
        ]
      : []),
  ].join("\n\n");
  measurement.publish(text, { ...conditions, scenarios, targets: TARGETS, outcomes, comparisons, shares, runs });
}

/** @param among others: what it got is also told for the time that all were there */
function cells(flow: FlowFigures, among: boolean): (string | number)[] {
  const times = [flow.fittedAfterMs, flow.healedAfterMs].map((ms) => {
    if (ms === undefined) return "";
    return Number.isFinite(ms) ? ms : "never";
  });
  const ages = [flow.glassP50Ms, flow.glassP95Ms, flow.ageAboveLeastP95Ms].map(Math.round);
  const aged = `${Math.round(flow.agedPercent)} %${isAged(flow) ? "" : " *"}`;
  const ms = [flow.queueP95Ms, flow.frozenMs, flow.longestMs].map(Math.round);
  const together = among ? flow.togetherMbps.toFixed(2) : "";
  return [
    flow.deliveredMbps.toFixed(2),
    `${Math.round(100 * flow.ofLink)} %`,
    together,
    ...ages,
    aged,
    ...ms,
    ...times,
  ];
}

function isAged({ agedPercent }: { agedPercent: number }): boolean {
  return agedPercent >= AGED_AT_LEAST_PERCENT;
}

function both({ median, worst }: Judged, digits: number): string[] {
  return [median.toFixed(digits), worst.toFixed(digits)];
}

function comparedCells(comparison: Comparison): string[] {
  const { scenario, against, delivered, queueP95, frozenMsMore, missed, missedAtWorst } = comparison;
  const misses = [...missed, ...missedAtWorst.map((target) => `(${target})`)].join(" ");
  const older = (age: Judged) => both(age, 0).map((ms) => `${ms}${isAged(comparison) ? "" : " *"}`);
  return [
    `${against}, ${scenario}`,
    ...both(delivered, 3),
    ...both(queueP95, 3),
    ...both(frozenMsMore, 0),
    ...older(comparison.glassP50MsMore),
    ...older(comparison.glassP95MsMore),
    misses,
  ];
}
