import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare, NoOpLog } from "miniflare";
import { COMPATIBILITY_DATE } from "../../src/sender/edge/compatibility.ts";
import { frontBinding } from "../../src/sender/edge/front.ts";
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
    const worker = {
      name: "sightline",
      modules: [
        { type: "ESModule" as const, path: at("dist/worker/entry.js"), contents: ENTRY },
        { type: "ESModule" as const, path: at("dist/worker/meter.js"), contents: meter.outputFiles[0]?.text ?? "" },
        {
          type: "ESModule" as const,
          path: at("dist/worker/index.js"),
          contents: readFileSync(at("dist/worker/index.js"), "utf8"),
        },
      ],
      modulesRoot: at("dist/worker"),
      compatibilityDate: COMPATIBILITY_DATE,
      bindings: vars,
      durableObjects: {
        SESSIONS: { className: "Session", useSQLite: true },
        DIRECTORY: { className: "Directory", useSQLite: true },
      },
      unsafeBindings: [
        frontBinding({
          directory: at("dist/local"),
          address: `127.0.0.1:${port}`,
          trustProxy: false,
          rateLimits: {},
          compatibilityDate: COMPATIBILITY_DATE,
        }),
      ],
      assets: {
        directory: at("dist/assets"),
        binding: "ASSETS",
        routerConfig: { has_user_worker: true, invoke_user_worker_ahead_of_assets: true },
        assetConfig: { html_handling: "none" as const, not_found_handling: "none" as const },
      },
    };
    const runtime = new Miniflare(
      convertV4MiniflareOptions({
        host: "127.0.0.1",
        port: 0,
        cf: false,
        enableDevRegistry: false,
        logRequests: false,
        telemetry: { enabled: false },
        log: new NoOpLog(),
        handleStructuredLogs: ({ level, message }) => console.error(`edge ${level}: ${message}`),
        workers: [worker],
      }),
    );
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
