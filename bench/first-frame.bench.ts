import { type Spread, spread, table } from "./figures.ts";
import { openPath, type Path } from "./first-frame/path.ts";
import { PlainBrowser } from "./first-frame/plain-browser.ts";
import { inRounds } from "./first-frame/rounds.ts";
import { fromClickMs, type Run, STAGES } from "./first-frame/stages.ts";
import { watchOnce } from "./first-frame/watch.ts";
import type { Measurement } from "./measurement.ts";
import { leastDisturbed, type Stolen } from "./stolen.ts";

/**
 * Where does the time from the click to the first picture go? Through the real Worker, page and sender, in Chromium;
 * stages of both ends on this machine's one clock. The tab is open before the click, nothing listens to what its page does
 * (with a round trip the browser tells of its pages, since a script of the bench's runs in them), and nothing else happens.
 *
 * - again: sender and browser have done it before, and the camera is still open (the sender keeps it for five seconds).
 * - warm: they have done it before; the camera has closed since.
 * - cold: both have just been started.
 *
 * At 0 ms everything is on the loopback, signaling too: `sightline send` runs its own edge, and nothing of the bench is in
 * between. With a round trip, between the peers alone, the media passes a relay in this process, and the signaling a proxy
 * in it, which adds no round trip and a few milliseconds.
 *
 * A click during which the host let other machines have processors is made again, twice at most.
 */
export const needs = [{ package: "chromium", file: "/usr/bin/chromium" }];

const ROUNDS = 20;
/** Each path has its turn so often, alone, so that a slow moment of the machine is not one path's alone. */
const TURNS = 2;
const COLD_PER_WARM = 1 / 4;
const RTTS_MS = [0, 60];
/** Longer than the camera stays open, and a page before takes to end. */
const CLOSED_AFTER_MS = 7_000;
/** Amply within the five seconds that the camera stays open, and after the page before has ended. */
const STILL_OPEN_AFTER_MS = 2_500;

type Case = "again" | "warm" | "cold";
const CASES: Case[] = ["again", "warm", "cold"];
type Watched = Run & Stolen;
type Keep = (of: Case, rttMs: number, run: Watched) => void;

/** `--rounds 8` asks for less, `--quick` for one */
export function read(measurement: Measurement) {
  return { rounds: measurement.count("--rounds", measurement.quick ? 1 : ROUNDS) };
}

export async function run(measurement: Measurement, { rounds }: ReturnType<typeof read>): Promise<void> {
  const turns = Math.min(TURNS, rounds);
  const coldRounds = Math.ceil(rounds * COLD_PER_WARM);
  await measurement.quiet();
  const runs = new Map<string, Watched[]>();
  const keep: Keep = (of, rttMs, run) => {
    runs.set(`${of} ${rttMs}`, [...(runs.get(`${of} ${rttMs}`) ?? []), run]);
  };
  for (let turn = 0; turn < turns; turn++) {
    const share = Math.floor(((turn + 1) * rounds) / turns) - Math.floor((turn * rounds) / turns);
    for (const rttMs of inTurn(turn)) {
      const failed = (round: number, error: unknown) =>
        measurement.failed(`warm and again at ${rttMs} ms, turn ${turn}, round ${round}`, error);
      await inRounds(share, () => openWarm(rttMs), watchBoth(rttMs, keep), failed);
    }
  }
  for (let round = 0; round < coldRounds; round++) {
    for (const rttMs of inTurn(round)) {
      try {
        keep("cold", rttMs, await leastDisturbed(() => watchCold(rttMs)));
      } catch (error) {
        measurement.failed(`cold at ${rttMs} ms, round ${round}`, error);
      }
    }
  }
  report(measurement, runs, {
    rounds,
    coldRounds,
    closedAfterMs: CLOSED_AFTER_MS,
    stillOpenAfterMs: STILL_OPEN_AFTER_MS,
  });
}

function inTurn(turn: number): number[] {
  return turn % 2 === 0 ? RTTS_MS : RTTS_MS.toReversed();
}

/** One sender and one browser, alone on the machine. */
interface Ends extends AsyncDisposable {
  path: Path;
  browser: PlainBrowser;
}

async function openEnds(rttMs: number): Promise<Ends> {
  await using opening = new AsyncDisposableStack();
  const path = opening.use(await openPath(rttMs));
  const browser = opening.use(await PlainBrowser.open());
  const opened = opening.move();
  return { path, browser, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** Both ends have done it twice. */
async function openWarm(rttMs: number): Promise<Ends> {
  await using opening = new AsyncDisposableStack();
  const ends = opening.use(await openEnds(rttMs));
  for (let i = 0; i < 2; i++) await watchOnce(ends.browser, ends.path, STILL_OPEN_AFTER_MS);
  opening.move();
  return ends;
}

async function watchCold(rttMs: number): Promise<Watched> {
  await using ends = await openEnds(rttMs);
  return await watchOnce(ends.browser, ends.path, 0);
}

function watchBoth(rttMs: number, keep: Keep) {
  return async ({ browser, path }: Ends) => {
    keep("warm", rttMs, await leastDisturbed(() => watchOnce(browser, path, CLOSED_AFTER_MS)));
    keep("again", rttMs, await leastDisturbed(() => watchOnce(browser, path, STILL_OPEN_AFTER_MS)));
  };
}

function report(measurement: Measurement, runs: Map<string, Watched[]>, conditions: object): void {
  const names = CASES.flatMap((each) => RTTS_MS.map((rttMs) => `${each} ${rttMs}`));
  const figures = names.map((name) => {
    const of = (figure: (run: Watched) => number): Spread => {
      // Not every run comes by every stage.
      return spread((runs.get(name) ?? []).map(figure).filter(Number.isFinite));
    };
    const stages = Object.fromEntries(STAGES.map((stage) => [stage, of((run) => run[stage])]));
    const [fromClick, fromOffer] = [of(fromClickMs), of((run) => run.shown - run["offer leaves"])];
    return { name, stages, fromClick, fromOffer, stolenPercent: of((run) => run.stolenPercent ?? Number.NaN) };
  });
  const header = ["median ms, by round trip between the peers", ...names.map((name) => `${name} ms`)];
  const rows = [
    ...STAGES.map((stage) => [stage, ...figures.map(({ stages }) => stages[stage]?.p50)]),
    ["shown, p95", ...figures.map(({ stages }) => stages.shown?.p95)],
    ["shown, from the click", ...figures.map(({ fromClick }) => fromClick.p50)],
    ["the same, p95", ...figures.map(({ fromClick }) => fromClick.p95)],
    ["shown, from the offer's leaving", ...figures.map(({ fromOffer }) => fromOffer.p50)],
    ["the same, p95", ...figures.map(({ fromOffer }) => fromOffer.p95)],
    ["% of the processors that others had", ...figures.map(({ stolenPercent }) => stolenPercent.p50)],
    ["the same, p95", ...figures.map(({ stolenPercent }) => stolenPercent.p95)],
  ];
  measurement.publish(table(header, rows), { ...conditions, figures });
}
