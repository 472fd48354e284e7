import type { Counts } from "./counts.ts";
import { HIBERNATION_MS, MESSAGES_PER_REQUEST, OBJECT_GB, PRICES } from "./prices.ts";

/** What is billed, and what it is made of. Every figure is for one of the thing that is counted. */
export interface Usage {
  workerRequests: number;
  /** At most: it is that of the runtime's whole process. */
  workerCpuMs: number;
  /** Billable requests of Durable Objects, messages and closes at 20:1. */
  objectRequests: number;
  directoryRequests: number;
  messagesIn: number;
  closes: number;
  messagesOut: number;
  rowsRead: number;
  rowsWritten: number;
  directoryRowsWritten: number;
  /** With an event at work. */
  awakeMs: number;
  /** With the ten seconds after each event until the object hibernates. */
  awakeUntilHibernationMs: number;
}

export function usageOf(counts: Counts): Usage {
  const objects = Object.values(counts.objects);
  const directory = counts.objects.Directory;
  const sum = (of: (object: (typeof objects)[number]) => number) =>
    objects.reduce((total, each) => total + of(each), 0);
  const messagesIn = sum(({ messagesIn }) => messagesIn);
  const closes = sum(({ closes }) => closes);
  const whole = ({ fetches, calls, alarms }: (typeof objects)[number]) => fetches + calls + alarms;
  return {
    workerRequests: counts.requests.length,
    // Of requests alone: what the process does while nobody asks is its own housekeeping.
    workerCpuMs: counts.requests.length > 0 ? (counts.cpuMs ?? 0) : 0,
    objectRequests: sum(whole) + (messagesIn + closes) / MESSAGES_PER_REQUEST,
    directoryRequests: directory ? whole(directory) : 0,
    messagesIn,
    closes,
    messagesOut: counts.messagesOut,
    rowsRead: sum(({ rowsRead }) => rowsRead),
    rowsWritten: sum(({ rowsWritten }) => rowsWritten),
    directoryRowsWritten: directory?.rowsWritten ?? 0,
    awakeMs: sum(({ busyMs }) => coveredMs(busyMs, 0)),
    awakeUntilHibernationMs: sum(({ busyMs }) => coveredMs(busyMs, HIBERNATION_MS)),
  };
}

/** Time covered by the intervals, each prolonged by `tailMs`, overlaps counted once. */
export function coveredMs(intervals: readonly (readonly [number, number])[], tailMs: number): number {
  let totalMs = 0;
  let untilMs = Number.NEGATIVE_INFINITY;
  for (const [fromMs, toMs] of [...intervals].sort((a, b) => a[0] - b[0])) {
    const endMs = toMs + tailMs;
    totalMs += Math.max(0, endMs - Math.max(fromMs, untilMs));
    untilMs = Math.max(untilMs, endMs);
  }
  return totalMs;
}

/** One after another, so far apart that each hibernates alone. */
export function plus(a: Usage, b: Usage): Usage {
  return mapUsage(a, (value, name) => value + b[name]);
}

export function times(usage: Usage, factor: number): Usage {
  return mapUsage(usage, (value) => value * factor);
}

function mapUsage(usage: Usage, change: (value: number, name: keyof Usage) => number): Usage {
  const names = Object.keys(usage) as (keyof Usage)[];
  return Object.fromEntries(names.map((name) => [name, change(usage[name], name)])) as unknown as Usage;
}

export interface Price {
  workerUsd: number;
  objectUsd: number;
  usd: number;
  /** Should the ten seconds before hibernation be charged after all. */
  usdUntilHibernation: number;
}

export function priceOf(usage: Usage): Price {
  const cost = (name: "workerRequests" | "workerCpuMs" | "objectRequests" | "rowsRead" | "rowsWritten") =>
    (usage[name] * PRICES[name].usdPerMillion) / 1e6;
  const duration = (ms: number) => ((ms / 1_000) * OBJECT_GB * PRICES.objectGbS.usdPerMillion) / 1e6;
  const workerUsd = cost("workerRequests") + cost("workerCpuMs");
  const stored = cost("objectRequests") + cost("rowsRead") + cost("rowsWritten");
  const objectUsd = stored + duration(usage.awakeMs);
  const usdUntilHibernation = workerUsd + stored + duration(usage.awakeUntilHibernationMs);
  return { workerUsd, objectUsd, usd: workerUsd + objectUsd, usdUntilHibernation };
}
