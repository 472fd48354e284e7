import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { Miniflare } from "miniflare";
import { runtimeOptions } from "../../src/sender/edge/embedded.ts";
import { requireFreePort } from "../../src/sender/edge/port.ts";
import { between, type Counts } from "./counts.ts";
import { cpuMs, onlyChild } from "./cpu.ts";
import { METER_PATH } from "./meter.ts";

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** The Worker as it is built, with the meter around it. */
const ENTRY = `
import * as edge from "./index.js";
import { meteredClass, meteredFetch } from "./meter.js";
export const Session = meteredClass("Session", edge.Session);
export const Directory = meteredClass("Directory", edge.Directory);
export default { fetch: meteredFetch(edge.default.fetch) };
`;

/** The embedded edge, counted. Its bytes are those of dist/worker/index.js. */
export class MeteredEdge implements AsyncDisposable {
  readonly url: string;
  readonly #runtime: Miniflare;

  private constructor(url: string, runtime: Miniflare) {
    this.url = url;
    this.#runtime = runtime;
  }

  static async open(vars: Record<string, string>): Promise<MeteredEdge> {
    const port = await requireFreePort("127.0.0.1", 0);
    const meter = await build({
      entryPoints: [at("bench/cost/meter.ts")],
      bundle: true,
      format: "esm",
      write: false,
      logLevel: "warning",
    });
    const edge = runtimeOptions({ host: "127.0.0.1", port, vars, rateLimits: {} }, port, [
      { type: "ESModule", path: at("dist/worker/entry.js"), contents: ENTRY },
      { type: "ESModule", path: at("dist/worker/meter.js"), contents: meter.outputFiles[0]?.text ?? "" },
      {
        type: "ESModule",
        path: at("dist/worker/index.js"),
        contents: readFileSync(at("dist/worker/index.js"), "utf8"),
      },
    ]);
    const runtime = new Miniflare(edge);
    await runtime.ready;
    return new MeteredEdge(`http://127.0.0.1:${port}`, runtime);
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
    await this.#runtime.dispose();
  }
}
