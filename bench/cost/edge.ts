import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { type Edge, startEdge } from "../../src/sender/edge/embedded.ts";
import { between, type Counts } from "./counts.ts";
import { cpuMs, onlyChild } from "./cpu.ts";
import { METER_PATH } from "./meter.ts";

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** The embedded edge, counted. Its bytes are those of dist/worker/index.js. */
export class MeteredEdge implements AsyncDisposable {
  readonly #edge: Edge;

  private constructor(edge: Edge) {
    this.#edge = edge;
  }

  static async open(vars: Record<string, string>): Promise<MeteredEdge> {
    await build({
      entryPoints: [at("bench/cost/meter.ts")],
      outfile: at("dist/bench/meter.js"),
      bundle: true,
      format: "esm",
      logLevel: "warning",
    });
    const config = at("bench/cost/metered.capnp");
    return new MeteredEdge(await startEdge({ host: "127.0.0.1", port: 0, vars, rateLimits: {}, config }));
  }

  get url(): string {
    return this.#edge.url;
  }

  async read(): Promise<Counts> {
    return (await (await fetch(this.url + METER_PATH)).json()) as Counts;
  }

  /** What is counted from before `work` until nothing more happens after it. */
  async during(work: () => Promise<unknown>): Promise<Counts> {
    const before = await this.read();
    const runtime = onlyChild("workerd");
    const cpuBeforeMs = cpuMs(runtime);
    await work();
    const workedMs = cpuMs(runtime) - cpuBeforeMs;
    return { ...between(before, await this.#settled()), cpuMs: workedMs };
  }

  /** Quiet for so long counts as settled: messages on loopback take a millisecond. */
  async #settled(quietMs = 150): Promise<Counts> {
    let last = await this.read();
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, quietMs));
      const now = await this.read();
      if (JSON.stringify(now) === JSON.stringify(last)) return now;
      last = now;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#edge.close();
  }
}
