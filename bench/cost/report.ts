import { table } from "../figures.ts";
import type { Measurement } from "../measurement.ts";
import { priceOf, type Usage } from "./bill.ts";
import { HIBERNATION_MS, MESSAGES_PER_REQUEST, PRICES } from "./prices.ts";

export interface Row {
  name: string;
  per: "start" | "join" | "viewer-hour" | "idle day";
  usage: Usage;
  slept?: boolean;
}

/** What is priced of each: a thousand, or a month of thirty days. */
const PRICED = {
  start: { times: 1_000, what: "1,000 starts" },
  join: { times: 1_000, what: "1,000 joins" },
  "viewer-hour": { times: 1_000, what: "1,000 viewer-hours" },
  "idle day": { times: 30, what: "camera-month" },
} as const;

export const TARGETS = { objectRequestsPerJoin: 2.5, rowsWrittenPerJoin: 4 } as const;

/** @param details kept with the figures; `differences` of the real join from the one that is played stand under the table too */
export function report(
  measurement: Measurement,
  rows: Row[],
  details: { differences: string[]; [further: string]: unknown },
): void {
  const figures = rows.map((row) => ({ ...row, usage: rounded(row.usage), misses: missesOf(row), ...priced(row) }));
  const lines = figures.map(({ name, usage, per, usd, usdUntilHibernation, misses }) => [
    name,
    usage.workerRequests,
    usage.objectRequests,
    usage.messagesIn,
    usage.messagesOut,
    usage.rowsWritten,
    usage.rowsRead,
    usage.awakeMs,
    usage.awakeUntilHibernationMs,
    dollars(usd),
    dollars(usdUntilHibernation),
    PRICED[per].what,
    misses.length > 0 ? "missed" : per === "join" || per === "idle day" ? "met" : "",
  ]);
  const header = [
    "each",
    "Worker req",
    "object req",
    "msgs in",
    "msgs out",
    "rows written",
    "rows read",
    "awake ms",
    "+10 s ms",
    "$",
    "$ +10 s",
    "per",
    "target",
  ];
  const notes = [
    ...details.differences.map((difference) => `The real join is not the one that is played: ${difference}.`),
    ...figures.flatMap(({ name, misses }) => misses.map((miss) => `${name}: ${miss}.`)),
    `Object requests hold WebSocket messages, and closed sockets, at ${MESSAGES_PER_REQUEST}:1. Prices of ${PRICES.readOn}, beyond what the plan includes.`,
    `"+10 s" also counts the ${HIBERNATION_MS / 1_000} s before an idle object hibernates, which the price list does not charge.`,
  ];
  const text = `${table(header, lines)}\n\n${notes.join("\n")}`;
  measurement.publish(text, { prices: PRICES, targets: TARGETS, figures, ...details });
}

function priced({ per, usage }: Row) {
  const { workerUsd, objectUsd, usd, usdUntilHibernation } = priceOf(usage);
  const { times, what } = PRICED[per];
  return {
    pricedPer: what,
    workerUsd: workerUsd * times,
    objectUsd: objectUsd * times,
    usd: usd * times,
    usdUntilHibernation: usdUntilHibernation * times,
  };
}

function missesOf({ per, usage, slept }: Row): string[] {
  const misses: string[] = [];
  const need = (holds: boolean, what: string) => void (holds || misses.push(what));
  if (per === "join") {
    const { objectRequestsPerJoin, rowsWrittenPerJoin } = TARGETS;
    need(
      usage.objectRequests <= objectRequestsPerJoin,
      `${usage.objectRequests.toFixed(2)} object requests, more than ${objectRequestsPerJoin}`,
    );
    need(usage.rowsWritten <= rowsWrittenPerJoin, `${usage.rowsWritten} rows written, more than ${rowsWrittenPerJoin}`);
    need(usage.directoryRequests === 0 && usage.directoryRowsWritten === 0, "a join asked the directory");
  }
  if (per === "idle day") {
    need(usage.objectRequests === 0 && usage.rowsWritten === 0 && usage.awakeMs === 0, "it costs something");
    need(slept === true, "the object did not hibernate");
  }
  return misses;
}

function rounded(usage: Usage): Usage {
  const entries = Object.entries(usage).map(([name, value]) => [name, Math.round(value * 100) / 100]);
  return Object.fromEntries(entries) as Usage;
}

function dollars(usd: number): string {
  return usd.toFixed(4);
}
