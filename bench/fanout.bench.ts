import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { childrenOf, cpuMs } from "./cost/cpu.ts";
import type { FromViewers, Reception, ToViewers } from "./fanout/messages.ts";
import { table } from "./figures.ts";
import { Measurement } from "./measurement.ts";
import { openNodeSender, openPionSender } from "./peers/catalogue.ts";
import type { LineProcess } from "./peers/line-process.ts";
import { PION_NEEDS } from "./peers/pion/build.ts";
import type { Stream } from "./peers/stream.ts";

/**
 * What does a further viewer cost? One sender process with its encoder, the viewers in another: real handshakes, then
 * raw datagrams and real SRTCP feedback. The sender's CPU is the kernel's account of all its threads. Compared with the
 * same connection with werift's own way of sending, and with pion behind the same encoder, which is a process of its own
 * there and counted with it.
 */
export const needs = PION_NEEDS;

const SENDERS: Record<string, (stream: Stream) => LineProcess> = {
  sightline: openNodeSender("sightline"),
  werift: openNodeSender("werift"),
  "werift-keyobject": openNodeSender("werift-keyobject"),
  pion: openPionSender(false),
};
/** One who costs more than this is not asked for crowds. */
const CROWD = 32;
const CROWD_PATHS = ["sightline", "pion"];
const VIEWERS = [1, 4, 8, 16, 32, 64, 100];
const STREAM: Stream = { width: 1280, height: 720, fps: 30, bitrateBps: 2_500_000, filled: true };
/** Until congestion control trusts the network with the whole bitrate, and then. */
const FULL = { settleMs: 8_000, measureMs: 8_000 };
const QUICK = { paths: CROWD_PATHS, viewers: [1, 8], settleMs: 4_000, measureMs: 4_000 };

interface Outcome extends Reception {
  path: string;
  viewers: number;
  /** Share of one core, the encoder's too. */
  cores: number;
  /** Of that the encoder's, where it is a process of its own. */
  encoderCores?: number;
  kbpsPerViewer: number;
}

/** @param args `--viewers 1,32` and `--paths sightline,werift` ask for less, `--quick` for little */
export async function run(args: string[]): Promise<void> {
  const measurement = new Measurement("fanout", args);
  const { quick } = measurement;
  const everyPath = Object.keys(SENDERS);
  const paths = measurement.chosen("--paths", everyPath, quick ? QUICK.paths : everyPath);
  const counts = measurement
    .chosen("--viewers", VIEWERS.map(String), (quick ? QUICK.viewers : VIEWERS).map(String))
    .map(Number);
  await measurement.quiet();
  const durations = quick ? QUICK : FULL;
  const outcomes: Outcome[] = [];
  // Interleaved, so that a slow moment of the machine is nobody's alone.
  for (const viewers of counts) {
    for (const path of paths.filter((name) => viewers <= CROWD || CROWD_PATHS.includes(name))) {
      const outcome = await measure(path, viewers, durations);
      outcomes.push(outcome);
      if (!args.includes("--json")) console.log(JSON.stringify(outcome));
    }
  }
  const slopes = paths.map((path) => ({ path, corePercentPerViewer: slope(outcomes.filter((o) => o.path === path)) }));
  const rows = outcomes.map((o) => [
    `${o.path}, ${o.viewers}`,
    o.cores.toFixed(3),
    o.encoderCores?.toFixed(3) ?? "",
    Math.round(o.kbpsPerViewer),
    o.lost,
    o.lagP50Ms.toFixed(1),
    o.lagP99Ms.toFixed(1),
  ]);
  const header = ["path, viewers", "cores", "its encoder", "kbps each", "lost", "lag p50 ms", "lag p99 ms"];
  const each = slopes.map(({ path, corePercentPerViewer: percent }) => [path, percent.toFixed(2), againstPion(path)]);
  const text = `${table(header, rows)}\n\n${table(["a further viewer", "% of a core", "of pion's"], each)}`;
  measurement.publish(text, {
    stream: { ...STREAM, network: "loopback" },
    settleMs: durations.settleMs,
    measureMs: durations.measureMs,
    outcomes,
    slopes,
  });

  function againstPion(path: string): string {
    const of = (name: string) => slopes.find((each) => each.path === name)?.corePercentPerViewer ?? Number.NaN;
    return (of(path) / of("pion")).toFixed(2);
  }
}

async function measure(path: string, count: number, { settleMs, measureMs }: typeof FULL): Promise<Outcome> {
  const open = SENDERS[path];
  if (!open) throw new Error(`There is no path "${path}", only ${Object.keys(SENDERS).join(", ")}.`);
  await using sender = open(STREAM);
  using viewers = new Child<ToViewers, FromViewers>("./fanout/viewers.ts");
  const { rtpEpochMs = 0 } = await sender.hears("ready");
  for (let viewer = 0; viewer < count; viewer++) {
    viewers.tell({ type: "open", viewer });
    const { sdp: offer } = await viewers.hears("offer");
    viewers.tell({ type: "answer", viewer, sdp: await sender.answer(offer, viewer) });
    await Promise.all([viewers.hears("connected"), sender.hears("connected", viewer)]);
  }
  await sleep(settleMs);
  viewers.tell({ type: "measure", rtpEpochMs });
  const encoders = childrenOf(sender.pid);
  const cpus = () => [sender.pid, ...encoders].map(cpuMs);
  const [before, fromMs] = [cpus(), performance.now()];
  await sleep(measureMs);
  const elapsedMs = performance.now() - fromMs;
  const [own = 0, ...others] = cpus().map((used, i) => (used - (before[i] ?? 0)) / elapsedMs);
  const encoderCores = others.reduce((sum, cores) => sum + cores, 0);
  viewers.tell({ type: "report" });
  const { reception } = await viewers.hears("reported");
  return {
    path,
    viewers: count,
    cores: own + encoderCores,
    ...(encoders.length > 0 ? { encoderCores } : {}),
    kbpsPerViewer: (reception.bytes * 8) / elapsedMs / count,
    ...reception,
  };
}

/** A process of the bench that speaks by messages. */
class Child<To, From extends { type: string }> implements Disposable {
  readonly #process: ChildProcess;
  readonly #inbox: From[] = [];

  constructor(file: string, args: string[] = []) {
    this.#process = fork(fileURLToPath(new URL(file, import.meta.url)), args);
    this.#process.on("message", (message) => this.#inbox.push(message as From));
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  tell(message: To & object): void {
    this.#process.send(message);
  }

  async hears<T extends From["type"]>(type: T): Promise<Extract<From, { type: T }>> {
    const signal = AbortSignal.timeout(20_000);
    for (;;) {
      const at = this.#inbox.findIndex((message) => message.type === type);
      if (at >= 0) return this.#inbox.splice(at, 1)[0] as Extract<From, { type: T }>;
      await once(this.#process, "message", { signal });
    }
  }

  [Symbol.dispose](): void {
    this.#process.kill();
  }
}

/**
 * Least squares: per cent of a core for each further viewer of the whole bitrate. Counted in bits that arrived, since a
 * machine that is too busy drops pictures and would make a viewer look cheap. An encoder apart does not count: nothing
 * that it does depends on how many watch.
 */
function slope(outcomes: Outcome[]): number {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const points = outcomes.map(({ viewers, kbpsPerViewer, cores, encoderCores = 0 }) => {
    return { wholeViewers: (viewers * kbpsPerViewer * 1_000) / STREAM.bitrateBps, cores: cores - encoderCores };
  });
  const meanViewers = mean(points.map(({ wholeViewers }) => wholeViewers));
  const meanCores = mean(points.map(({ cores }) => cores));
  const over = points.reduce((sum, p) => sum + (p.wholeViewers - meanViewers) * (p.cores - meanCores), 0);
  const under = points.reduce((sum, p) => sum + (p.wholeViewers - meanViewers) ** 2, 0);
  return under === 0 ? Number.NaN : (100 * over) / under;
}
