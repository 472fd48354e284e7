import { mkdtemp, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import { Browser } from "../test/support/browser.ts";
import { Sightline } from "../test/support/processes.ts";
import { TamperingEdge } from "../test/support/tampering-edge.ts";
import { spread, table } from "./figures.ts";
import { takeLongerPath } from "./relay/longer-path.ts";
import { publish } from "./results.ts";

/**
 * Where does the time from the click to the first picture go? Through the real Worker, page and sender, in Chromium;
 * stages of both ends on this machine's one clock. Warm: sender and browser have done it before. Cold: both have just
 * been started. With a round trip, between the peers alone, the media passes a relay in this process.
 */
export const needs = [{ package: "chromium", file: "/usr/bin/chromium" }];

const WARM_ROUNDS = 20;
const COLD_ROUNDS = 5;
const RTTS_MS = [0, 60];
/** Two runs over each path whose figures are not kept, so that both ends are warm. */
const UNCOUNTED = 2;
/** From the picture's leaving to its being on show, amply. */
const SHOWN_BY_MS = 500;

/** In their order; all but the first two are told from the script's start. */
const STAGES = [
  "page is here",
  "script starts",
  "offer leaves",
  "sender has the offer",
  "page has a standby",
  "sender's answer leaves",
  "page has the answer",
  "ICE, page",
  "ICE, sender",
  "DTLS, sender",
  "keyframe leaves",
  "DTLS, page",
  "keyframe is here",
  "decoded",
  "shown",
] as const;
type Stage = (typeof STAGES)[number];
/** Milliseconds; the first two since the click, the others since the script's start. */
type Run = Record<Stage, number>;

interface Path extends AsyncDisposable {
  link: string;
  sender: Sightline;
  prepare(page: Page): Promise<Disposable | undefined>;
}

export async function run(args: string[]): Promise<void> {
  const loadBefore = loadavg();
  const runs = new Map<string, Run[]>();
  const keep = (name: string, run: Run) => runs.set(name, [...(runs.get(name) ?? []), run]);
  {
    await using browser = await Browser.open();
    await using stack = new AsyncDisposableStack();
    const paths = new Map<number, Path>();
    for (const rttMs of RTTS_MS) paths.set(rttMs, stack.use(await openPath(rttMs)));
    for (let round = -UNCOUNTED; round < WARM_ROUNDS; round++) {
      // Interleaved, so that a slow moment of the machine is not one path's alone.
      for (const [rttMs, path] of paths) {
        const one = await watchOnce(browser, path);
        if (round >= 0) keep(`warm ${rttMs}`, one);
      }
    }
  }
  for (let round = 0; round < COLD_ROUNDS; round++) {
    for (const rttMs of RTTS_MS) {
      await using path = await openPath(rttMs);
      await using browser = await Browser.open();
      keep(`cold ${rttMs}`, await watchOnce(browser, path));
    }
  }
  report(runs, loadBefore, args);
}

/** @param rttMs 0 for the plain way, with nothing of the bench's in between */
async function openPath(rttMs: number): Promise<Path> {
  const stack = new AsyncDisposableStack();
  if (rttMs === 0) {
    const sender = stack.use(new Sightline(["send", "--port", "0"]));
    const prepare = async () => undefined;
    return { link: await sender.link(), sender, prepare, [Symbol.asyncDispose]: () => stack.disposeAsync() };
  }
  const stateDir = await mkdtemp(join(tmpdir(), "sightline-bench-"));
  stack.defer(() => rm(stateDir, { recursive: true, force: true }));
  const serve = stack.use(new Sightline(["serve", "--port", "0", "--state", stateDir]));
  const edge = stack.use(await TamperingEdge.open(await serve.edge()));
  const sender = stack.use(new Sightline(["send", "--edge", edge.url, "--state", stateDir]));
  const prepare = (page: Page) => takeLongerPath(page, edge, rttMs);
  return { link: await sender.link(), sender, prepare, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

async function watchOnce(browser: Browser, path: Path): Promise<Run> {
  const page = await browser.page();
  using _relay = await path.prepare(page);
  const known = path.sender.events.filter(({ event }) => event === "picture").length;
  await page.goto(path.link, { waitUntil: "commit" });
  // What looks into the page is compiled in it, at the cost of what is measured: not before the picture is there.
  await path.sender.event(
    ({ event }) => event === "picture" && path.sender.events.filter((e) => e.event === event).length > known,
  );
  await sleep(SHOWN_BY_MS);
  await page.waitForFunction(() => Reflect.get(globalThis, "sightline")?.state.name === "live", undefined, {
    polling: 100,
  });
  const seen = await page.evaluate(async () => ({
    originMs: performance.timeOrigin,
    pageMs: Reflect.get(
      Reflect.apply(performance.getEntriesByType, performance, ["navigation"])[0],
      "responseEnd",
    ) as number,
    timings: (await Reflect.get(globalThis, "sightline").stats()).timings as Record<string, number>,
  }));
  const told = path.sender.events.filter(({ event }) => event === "picture").at(-1)?.timings as Record<string, number>;
  await page.close();
  await path.sender.event(() => leftAgain(path.sender));
  return stagesOf(seen, told);
}

/** Everybody who came has gone, so that the next one is the only one. */
function leftAgain({ events }: Sightline): boolean {
  const count = (state: string) => events.filter((event) => event.event === "viewer" && event.state === state).length;
  return count("gone") === count("connected");
}

function stagesOf(
  { originMs, pageMs, timings }: { originMs: number; pageMs: number; timings: Record<string, number> },
  told: Record<string, number>,
): Run {
  const start = timings.start ?? Number.NaN;
  const here = (name: string) => (timings[name] ?? Number.NaN) - start;
  const offeredMs = (told.offerReceivedAtMs ?? Number.NaN) - originMs - start;
  const there = (name: string) => offeredMs + (told[name] ?? Number.NaN);
  return {
    "page is here": pageMs,
    "script starts": start,
    "offer leaves": here("offerSent"),
    "sender has the offer": offeredMs,
    "sender's answer leaves": there("answerSentMs"),
    "page has a standby": here("standby"),
    "page has the answer": here("answer"),
    "ICE, page": here("iceConnected"),
    "ICE, sender": there("iceConnectedMs"),
    "DTLS, page": here("dtlsConnected"),
    "DTLS, sender": there("dtlsConnectedMs"),
    "keyframe leaves": there("keyframeSentMs"),
    "keyframe is here": here("keyframe"),
    decoded: here("decoded"),
    shown: here("firstFrame"),
  };
}

function report(runs: Map<string, Run[]>, loadBefore: number[], args: string[]): void {
  const names = ["warm", "cold"].flatMap((kind) => RTTS_MS.map((rttMs) => `${kind} ${rttMs}`));
  const of = (name: string, figure: (run: Run) => number) => spread((runs.get(name) ?? []).map(figure));
  const fromOffer = (run: Run) => run.shown - run["offer leaves"];
  const header = ["median ms, by round trip between the peers", ...names.map((name) => `${name} ms`)];
  const rows: (string | number)[][] = STAGES.map((stage) => [
    stage,
    ...names.map((name) => of(name, (run) => run[stage]).p50),
  ]);
  rows.push(["shown, from the offer's leaving", ...names.map((name) => of(name, fromOffer).p50)]);
  rows.push(["the same, p95", ...names.map((name) => of(name, fromOffer).p95)]);
  const figures = names.map((name) => ({
    name,
    stages: Object.fromEntries(STAGES.map((stage) => [stage, of(name, (run) => run[stage])])),
    fromOffer: of(name, fromOffer),
  }));
  publish("first-frame", table(header, rows), { loadBefore, loadAfter: loadavg(), figures }, args);
}
