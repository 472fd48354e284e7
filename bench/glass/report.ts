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
  const said = verdicts.map((v) => [
    v?.format ?? "",
    ...[v?.bestDefault, v?.ofBestDefault, v?.bestTuned, v?.aheadOfTunedMs].map((value) => value ?? ""),
  ]);
  const ratios = table(["Sightline's p50", "best by default", "of it", "best tuned alike", "ms ahead of it"], said);
  const result = { rounds, ...durations, figures, verdicts, notCompared };
  measurement.publish(`${table(header, rows)}\n\n${ratios}`, result);
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

function verdictOf(figures: Figure[]) {
  const own = figures.find(({ name }) => name === "sightline");
  if (!own) return undefined;
  const best = (zeroPlayout: boolean) =>
    figures
      .filter((figure) => figure !== own && figure.zeroPlayout === zeroPlayout)
      .sort((a, b) => a.onScreen.p50 - b.onScreen.p50)[0];
  const [plain, tuned] = [best(false), best(true)];
  return {
    format: own.format,
    bestDefault: plain?.name,
    ofBestDefault: plain && Math.round((100 * own.onScreen.p50) / plain.onScreen.p50) / 100,
    bestTuned: tuned?.name,
    aheadOfTunedMs: tuned && Math.round(10 * (tuned.onScreen.p50 - own.onScreen.p50)) / 10,
  };
}
