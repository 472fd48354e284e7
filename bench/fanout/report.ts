import { leastSquares, type Range, range, table } from "../figures.ts";
import type { Measurement } from "../measurement.ts";
import type { Load } from "./measure.ts";

/** One sender with so many viewers, in one round. */
export interface Outcome extends Load {
  path: string;
  round: number;
}

const FIGURES = ["cores", "encoderCores", "viewersCores", "kbpsPerViewer", "lost", "lagP50Ms", "lagP99Ms"] as const;

/** Medians of the rounds; the range beside them in the JSON, and of what a further viewer costs. */
export function report(measurement: Measurement, runs: Outcome[], bitrateBps: number, conditions: object): void {
  const groups = Map.groupBy(runs, ({ path, viewers }) => `${path}, ${viewers}`);
  const outcomes = [...groups.values()].flatMap((rounds) => {
    const [first] = rounds;
    return first ? [{ path: first.path, viewers: first.viewers, ...rangesOf(rounds) }] : [];
  });
  const slopes = [...Map.groupBy(runs, ({ path }) => path)].map(([path, ofPath]) => {
    const rounds = [...Map.groupBy(ofPath, ({ round }) => round).values()];
    return { path, corePercentPerViewer: range(rounds.map((each) => slopeOf(each, bitrateBps))) };
  });
  const rows = outcomes.map(({ path, viewers, ...of }) => [
    `${path}, ${viewers}`,
    ...[of.cores, of.encoderCores, of.viewersCores].map((each) => each?.median.toFixed(3)),
    ...[of.kbpsPerViewer, of.lost].map((each) => each?.median.toFixed(0)),
    ...[of.lagP50Ms, of.lagP99Ms].map((each) => each?.median.toFixed(1)),
  ]);
  const pion = slopes.find(({ path }) => path === "pion")?.corePercentPerViewer.median;
  const each = slopes.map(({ path, corePercentPerViewer: { median, least, most } }) => [
    path,
    ...[median, least, most].map((percent) => percent.toFixed(2)),
    pion === undefined ? "" : (median / pion).toFixed(2),
  ]);
  const header = [
    "path, viewers",
    "cores",
    "its encoder",
    "the viewers'",
    "kbps each",
    "lost",
    "lag p50 ms",
    "lag p99 ms",
  ];
  const text = `${table(header, rows)}\n\n${table(["a further viewer", "% of a core", "least", "most", "of pion's"], each)}`;
  measurement.publish(text, { ...conditions, outcomes, slopes, runs });
}

function rangesOf(rounds: readonly Outcome[]): Partial<Record<(typeof FIGURES)[number], Range>> {
  return Object.fromEntries(
    FIGURES.flatMap((figure) => {
      const values = rounds.flatMap((round) => round[figure] ?? []);
      return values.length > 0 ? [[figure, range(values)]] : [];
    }),
  );
}

/**
 * Per cent of a core for each further viewer of the whole bitrate. Counted in bits that arrived, since a machine that is too
 * busy drops pictures and would make a viewer look cheap. An encoder apart does not count: nothing that it does depends on
 * how many watch.
 */
export function slopeOf(
  outcomes: readonly Pick<Load, "viewers" | "kbpsPerViewer" | "cores" | "encoderCores">[],
  bitrateBps: number,
): number {
  const points = outcomes.map(({ viewers, kbpsPerViewer, cores, encoderCores = 0 }) => {
    return { x: (viewers * kbpsPerViewer * 1_000) / bitrateBps, y: cores - encoderCores };
  });
  return 100 * leastSquares(points).slope;
}
