import { type Judged, median } from "../figures.ts";

/** One sender at one format. */
export interface Seen {
  format: string;
  name: string;
  zeroPlayout: boolean;
  /** Of the pictures that were drawn. */
  shownPercent: number;
  rounds: readonly { round: number; onScreen: { p50: number } }[];
}

/** Sightline beside another, by the age of the picture in the middle. */
export interface Comparison {
  against: string;
  /** Sightline's age, of the other's. */
  ofIt: Judged;
  /** By how much Sightline's pictures are older; less than nothing where they are younger. */
  behindMs: Judged;
  rounds: { round: number; ofIt: number; behindMs: number }[];
}

export interface Verdict {
  format: string;
  /** Beside whom Sightline stands worst, of those with the playout delay that browsers choose, and of those tuned alike. */
  bestDefault: Comparison | undefined;
  bestTuned: Comparison | undefined;
  /** Who of these showed too few of its pictures for a fair comparison. */
  dropped: string[];
}

/** A sender that shows less of its pictures can be quick with those that it shows. */
export const SHOWN_AT_LEAST_PERCENT = 90;

/** Of those rounds that both came through; nothing where there are none. */
export function compare(own: Seen, other: Seen): Comparison | undefined {
  const rounds = other.rounds.flatMap(({ round, onScreen }) => {
    const ownMs = own.rounds.find((each) => each.round === round)?.onScreen.p50;
    if (ownMs === undefined) return [];
    return [{ round, ofIt: ownMs / onScreen.p50, behindMs: ownMs - onScreen.p50 }];
  });
  if (rounds.length === 0) return undefined;
  const judged = (values: number[]): Judged => ({ median: median(values), worst: Math.max(...values) });
  return {
    against: other.name,
    ofIt: judged(rounds.map(({ ofIt }) => ofIt)),
    behindMs: judged(rounds.map(({ behindMs }) => behindMs)),
    rounds,
  };
}

/** Sightline beside the quickest of the others at one format. */
export function verdictOf(seen: readonly Seen[]): Verdict | undefined {
  const own = seen.find(({ name }) => name === "sightline");
  if (!own) return undefined;
  const best = (zeroPlayout: boolean, by: "ofIt" | "behindMs") =>
    seen
      .filter((each) => each !== own && each.zeroPlayout === zeroPlayout)
      .flatMap((other) => compare(own, other) ?? [])
      .sort((a, b) => b[by].median - a[by].median)[0];
  const [bestDefault, bestTuned] = [best(false, "ofIt"), best(true, "behindMs")];
  const compared = [own.name, bestDefault?.against, bestTuned?.against];
  const dropped = seen.filter(
    ({ name, shownPercent }) => compared.includes(name) && shownPercent < SHOWN_AT_LEAST_PERCENT,
  );
  return { format: own.format, bestDefault, bestTuned, dropped: dropped.map(({ name }) => name) };
}
