import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { childrenOf, cpuMs } from "./cost/cpu.ts";
import type { FromViewers, Reception, ToViewers } from "./fanout/messages.ts";
import { table } from "./figures.ts";
import { openNodeSender, openPionSender } from "./peers/catalogue.ts";
import type { LineProcess } from "./peers/line-process.ts";
import { PION_NEEDS } from "./peers/pion/build.ts";
import { publish } from "./results.ts";

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
const VIEWERS = [1, 4, 8, 16, 32, 64];
const STREAM = { width: 1280, height: 720, fps: 30, bitrateBps: 2_500_000, network: "loopback" };
const SETTLE_MS = 2_000;
const MEASURE_MS = 10_000;

interface Outcome extends Reception {
  path: string;
  viewers: number;
  /** Share of one core. */
  cores: number;
  kbpsPerViewer: number;
}

/** @param args `--viewers 1,32` and `--paths sightline,werift` ask for less */
export async function run(args: string[]): Promise<void> {
  const paths = listed(args, "--paths") ?? PATHS;
  const counts = listed(args, "--viewers")?.map(Number) ?? VIEWERS;
  const outcomes: Outcome[] = [];
  // Interleaved, so that a slow moment of the machine is nobody's alone.
  for (const viewers of counts) {
    for (const path of paths) {
      const outcome = await measure(path, viewers);
      outcomes.push(outcome);
      if (!args.includes("--json")) console.log(JSON.stringify(outcome));
    }
  }
  const slopes = paths.map((path) => ({ path, corePercentPerViewer: slope(outcomes.filter((o) => o.path === path)) }));
  const rows = outcomes.map((o) => [
    `${o.path}, ${o.viewers}`,
    o.cores.toFixed(3),
    Math.round(o.kbpsPerViewer),
    o.lost,
    o.lagP50Ms.toFixed(1),
    o.lagP99Ms.toFixed(1),
  ]);
  const header = ["path, viewers", "cores", "kbps each", "lost", "lag p50 ms", "lag p99 ms"];
  const each = slopes.map(({ path, corePercentPerViewer: percent }) => [path, percent.toFixed(2)]);
  const text = `${table(header, rows)}\n\n${table(["a further viewer", "% of a core"], each)}`;
  publish("fanout", text, { stream: STREAM, measureMs: MEASURE_MS, outcomes, slopes }, args);
}

async function measure(path: string, count: number): Promise<Outcome> {
  using sender = new Child<ToSender, FromSender>("./fanout/sender.ts", [path]);
  using viewers = new Child<ToViewers, FromViewers>("./fanout/viewers.ts");
  const { rtpEpochMs } = await sender.hears("ready");
  for (let viewer = 0; viewer < count; viewer++) {
    viewers.tell({ type: "open", viewer });
    const { sdp: offer } = await viewers.hears("offer");
    sender.tell({ type: "offer", viewer, sdp: offer });
    const { sdp } = await sender.hears("answer");
    viewers.tell({ type: "answer", viewer, sdp });
    await Promise.all([viewers.hears("connected"), sender.hears("connected")]);
  }
  await sleep(SETTLE_MS);
  viewers.tell({ type: "measure", rtpEpochMs });
  const [beforeMs, fromMs] = [cpuMs(sender.pid), performance.now()];
  await sleep(MEASURE_MS);
  const elapsedMs = performance.now() - fromMs;
  const cores = (cpuMs(sender.pid) - beforeMs) / elapsedMs;
  viewers.tell({ type: "report" });
  const { reception } = await viewers.hears("reported");
  return { path, viewers: count, cores, kbpsPerViewer: (reception.bytes * 8) / elapsedMs / count, ...reception };
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
 * machine that is too busy drops pictures and would make a viewer look cheap.
 */
function slope(outcomes: Outcome[]): number {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const points = outcomes.map(({ viewers, kbpsPerViewer, cores }) => {
    return { wholeViewers: (viewers * kbpsPerViewer * 1_000) / STREAM.bitrateBps, cores };
  });
  const meanViewers = mean(points.map(({ wholeViewers }) => wholeViewers));
  const meanCores = mean(points.map(({ cores }) => cores));
  const over = points.reduce((sum, p) => sum + (p.wholeViewers - meanViewers) * (p.cores - meanCores), 0);
  const under = points.reduce((sum, p) => sum + (p.wholeViewers - meanViewers) ** 2, 0);
  return under === 0 ? Number.NaN : (100 * over) / under;
}

function listed(args: string[], flag: string): string[] | undefined {
  const at = args.indexOf(flag);
  return at < 0 ? undefined : args[at + 1]?.split(",");
}
