import { spread, table } from "../figures.ts";
import type { Measurement } from "../measurement.ts";
import { PEERS } from "../peers/catalogue.ts";
import { type Comparison, SHOWN_AT_LEAST_PERCENT, type Verdict, verdictOf } from "./compare.ts";
import { FORMATS, type Format } from "./formats.ts";
import type { Ages, Durations } from "./turns.ts";

/** One sender at one format, those rounds that it came through. */
export interface Watched {
  format: Format;
  name: string;
  rounds: (Ages & { round: number })[];
}

const HEADER = ["ms", "screen p50", "p95", "p99", "page p50", "p95", "pictures seen", "screen p50 of each round"];
const COMPARED = [
  "Sightline's p50, round by round",
  ...["best, playout delay as it comes", "of it", "worst"],
  ...["best tuned alike", "ms behind it", "worst"],
];

export function report(measurement: Measurement, watched: Watched[], durations: Durations, rounds: number): void {
  const figures = watched.map(figureOf);
  const verdicts = FORMATS.flatMap(({ name }) => verdictOf(figures.filter(({ format }) => format === name)) ?? []);
  const notCompared = FORMATS.flatMap(({ name, unfair }) =>
    Object.entries(unfair).map(([peer, why]) => ({ format: name, peer, why })),
  );
  const rows = figures.map(({ format, name, onScreen, inPage, shownPercent, rounds }) => [
    `${format} ${name}`,
    ...[onScreen.p50, onScreen.p95, onScreen.p99, inPage.p50, inPage.p95, `${shownPercent} %`],
    rounds.map((each) => each.onScreen.p50).join(" "),
  ]);
  const note = `\n\n* showed less than ${SHOWN_AT_LEAST_PERCENT} % of its pictures: what it is compared by is what came through.`;
  const dropped = verdicts.flatMap((verdict) => verdict.dropped);
  const text = `${table(HEADER, rows)}\n\n${table(COMPARED, verdicts.map(cells))}${dropped.length > 0 ? note : ""}`;
  measurement.publish(text, { rounds, ...durations, figures, verdicts, notCompared });
}

function cells({ format, bestDefault, bestTuned, dropped }: Verdict): string[] {
  const marked = (text: string, name: string) => (dropped.includes(name) ? `${text} *` : text);
  const told = (best: Comparison | undefined, by: "ofIt" | "behindMs", digits: number) => {
    if (!best) return ["", "", ""];
    const { median, worst } = best[by];
    return [marked(best.against, best.against), median.toFixed(digits), worst.toFixed(digits)];
  };
  return [marked(format, "sightline"), ...told(bestDefault, "ofIt", 2), ...told(bestTuned, "behindMs", 1)];
}

function figureOf({ format, name, rounds }: Watched) {
  const kind = PEERS.find((peer) => peer.name === name);
  const onScreen = rounds.flatMap((ages) => ages.onScreen);
  const drawn = rounds.reduce((sum, { watchedMs }) => sum + (watchedMs * format.fps) / 1_000, 0);
  return {
    format: format.name,
    name,
    setup: kind?.setup ?? "the whole of it: command, Worker and page",
    zeroPlayout: kind?.zeroPlayout ?? true,
    onScreen: spread(onScreen),
    inPage: spread(rounds.flatMap((ages) => ages.inPage)),
    rounds: rounds.map((ages) => ({
      round: ages.round,
      onScreen: spread(ages.onScreen),
      inPage: spread(ages.inPage),
    })),
    /** Of those drawn, on the screen; a sender that drops pictures can look quick. */
    shownPercent: Math.min(100, Math.round((100 * onScreen.length) / drawn)),
  };
}
