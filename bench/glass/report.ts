import { spread, table } from "../figures.ts";
import type { Measurement } from "../measurement.ts";
import { PEERS } from "../peers/catalogue.ts";
import { FORMATS, type Format } from "./formats.ts";
import type { Ages, Durations } from "./turns.ts";

/** One sender at one format, all its rounds. */
export interface Watched {
  format: Format;
  name: string;
  rounds: Ages[];
}

type Figure = ReturnType<typeof figureOf>;
type VerdictFigure = Pick<Figure, "format" | "name" | "zeroPlayout" | "shownPercent"> & { onScreen: { p50: number } };

/** A sender that shows less of its pictures can be quick with those that it shows. */
const SHOWN_AT_LEAST_PERCENT = 90;

export function report(measurement: Measurement, watched: Watched[], durations: Durations, rounds: number): void {
  const figures = watched.map(figureOf);
  const verdicts = FORMATS.map(({ name }) => verdictOf(figures.filter(({ format }) => format === name))).filter(
    Boolean,
  );
  const notCompared = FORMATS.flatMap(({ name, unfair }) =>
    Object.entries(unfair).map(([peer, why]) => ({ format: name, peer, why })),
  );
  const rows = figures.map(({ format, name, onScreen, inPage, shownPercent }) => [
    `${format} ${name}`,
    ...[onScreen.p50, onScreen.p95, onScreen.p99, inPage.p50, inPage.p95, `${shownPercent} %`],
  ]);
  const header = ["ms", "screen p50", "p95", "p99", "page p50", "p95", "pictures seen"];
  const said = verdicts.flatMap((v) => {
    if (!v) return [];
    const marked = (name = "") => (v.dropped.includes(name) ? `${name} *` : name);
    const format = v.dropped.includes("sightline") ? `${v.format} *` : v.format;
    return [[format, marked(v.bestDefault), v.ofBestDefault ?? "", marked(v.bestTuned), v.aheadOfTunedMs ?? ""]];
  });
  const ratios = table(["Sightline's p50", "best by default", "of it", "best tuned alike", "ms ahead of it"], said);
  const dropped = verdicts.flatMap((v) => v?.dropped ?? []);
  const note = `\n\n* showed less than ${SHOWN_AT_LEAST_PERCENT} % of its pictures: what it is compared by is what came through.`;
  const result = { rounds, ...durations, figures, verdicts, notCompared };
  measurement.publish(`${table(header, rows)}\n\n${ratios}${dropped.length > 0 ? note : ""}`, result);
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
    rounds: rounds.map((ages) => ({ onScreen: spread(ages.onScreen), inPage: spread(ages.inPage) })),
    /** Of those drawn, on the screen; a sender that drops pictures can look quick. */
    shownPercent: Math.min(100, Math.round((100 * onScreen.length) / drawn)),
  };
}

/** Sightline beside the quickest of the others, and who of them dropped more pictures than makes a fair comparison. */
export function verdictOf(figures: VerdictFigure[]) {
  const own = figures.find(({ name }) => name === "sightline");
  if (!own) return undefined;
  const best = (zeroPlayout: boolean) =>
    figures
      .filter((figure) => figure !== own && figure.zeroPlayout === zeroPlayout)
      .sort((a, b) => a.onScreen.p50 - b.onScreen.p50)[0];
  const [plain, tuned] = [best(false), best(true)];
  const compared = [own, plain, tuned].filter((figure) => figure !== undefined);
  return {
    format: own.format,
    bestDefault: plain?.name,
    ofBestDefault: plain && Math.round((100 * own.onScreen.p50) / plain.onScreen.p50) / 100,
    bestTuned: tuned?.name,
    aheadOfTunedMs: tuned && Math.round(10 * (tuned.onScreen.p50 - own.onScreen.p50)) / 10,
    dropped: compared.filter(({ shownPercent }) => shownPercent < SHOWN_AT_LEAST_PERCENT).map(({ name }) => name),
  };
}
