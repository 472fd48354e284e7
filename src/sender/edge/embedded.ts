import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { convertV4MiniflareOptions, Miniflare, NoOpLog } from "miniflare";
import { SenderError } from "../errors.ts";
import { COMPATIBILITY_DATE } from "./compatibility.ts";
import { frontBinding } from "./front.ts";
import { leashRuntime } from "./leash.ts";
import { onFreePort, reachable } from "./port.ts";
import { RATE_LIMITS, type RateLimits } from "./rate-limits.ts";

export interface EdgeOptions {
  /** Address to bind, such as `127.0.0.1`, or `0.0.0.0` for every interface. */
  host: string;
  /** 0 for any free one. */
  port: number;
  /** Where sessions are kept on disk; in memory when absent. */
  stateDir?: string;
  /** The Worker's variables and secrets, such as `PUBLISH_KEY` and `ICE_SERVERS`. */
  vars: Record<string, string>;
  /** A proxy stands before the edge, and nobody else reaches it: clients are where its `X-Forwarded-For` says. */
  trustProxy?: boolean;
  /** Per client address and minute, {@link RATE_LIMITS} by default; `{}` for none. */
  rateLimits?: RateLimits;
  /** One line of the Worker's log. Standard error by default. */
  log?: (line: string) => void;
}

/** As Miniflare takes it; read from its path without `contents`. */
export interface WorkerModule {
  type: "ESModule";
  path: string;
  contents?: string;
}

export interface Edge {
  /** Reaches the edge from this machine, without a slash at the end. */
  url: string;
  port: number;
  /** Ends the runtime and frees the port. */
  close(): Promise<void>;
}

/** The first answer takes half a second here; a slow machine may take ten times as long, and more. */
const START_TIMEOUT_MS = 30_000;
/** Characters of its own words, of which the first say what happened. */
const SAID_MAX = 200;

/**
 * Runs the Worker that is deployed, byte for byte, in workerd on this machine.
 * @throws SenderError when the port or host cannot be had, or the Worker is not built
 */
export function startEdge(options: EdgeOptions): Promise<Edge> {
  return onFreePort(options.host, options.port, (port) => startOn(port, options));
}

async function startOn(port: number, options: EdgeOptions): Promise<Edge> {
  const { host } = options;
  leashRuntime();
  const before = signalListeners();
  const runtime = new Miniflare(runtimeOptions(options, port));
  keepSignals(before);
  try {
    await runtime.ready;
    // Also makes the Worker say what is wrong with its settings.
    const health = await fetch(`http://${reachable(host)}:${port}/api/health`, {
      signal: AbortSignal.timeout(START_TIMEOUT_MS),
    });
    await health.arrayBuffer();
  } catch (cause) {
    await runtime.dispose().catch(() => {});
    throw new SenderError("failed", "edge-not-started", whyNotStarted(cause), { cause });
  }
  return { url: `http://${reachable(host)}:${port}`, port, close: () => runtime.dispose() };
}

/**
 * What Miniflare is to run: the Worker as it is built, and a door of our own before it.
 * @param modules with others around it, of which the first is the entry
 * @throws SenderError when the Worker is not built
 */
export function runtimeOptions(options: EdgeOptions, port: number, modules?: WorkerModule[]) {
  const dist = findDist();
  const { host, log = console.error } = options;
  const worker = {
    name: "sightline",
    modules: modules ?? [{ type: "ESModule" as const, path: join(dist, "worker", "index.js") }],
    modulesRoot: join(dist, "worker"),
    compatibilityDate: COMPATIBILITY_DATE,
    bindings: options.vars,
    durableObjects: {
      SESSIONS: { className: "Session", useSQLite: true },
      DIRECTORY: { className: "Directory", useSQLite: true },
    },
    unsafeBindings: [
      frontBinding({
        directory: join(dist, "local"),
        address: `${host.includes(":") ? `[${host}]` : host}:${port}`,
        trustProxy: options.trustProxy ?? false,
        rateLimits: options.rateLimits ?? RATE_LIMITS,
        compatibilityDate: COMPATIBILITY_DATE,
      }),
    ],
    assets: {
      directory: join(dist, "assets"),
      binding: "ASSETS",
      routerConfig: { has_user_worker: true, invoke_user_worker_ahead_of_assets: true },
      assetConfig: { html_handling: "none" as const, not_found_handling: "none" as const },
    },
  };
  return convertV4MiniflareOptions({
    // Miniflare's own entry, which nobody uses; the network comes in by the front.
    host: "127.0.0.1",
    port: 0,
    cf: false,
    enableDevRegistry: false,
    logRequests: false,
    telemetry: { enabled: false },
    log: new NoOpLog(),
    handleStructuredLogs: ({ level, message }) => log(`edge ${level}: ${message}`),
    resourcePersistencePath: options.stateDir,
    workers: [worker],
  });
}

/** The build's folder, seen from `src/sender/edge/` or from `dist/lib/sender/edge/`. */
function findDist(): string {
  const candidates = ["../../../dist/", "../../../"].map((path) => fileURLToPath(new URL(path, import.meta.url)));
  const dist = candidates.find((path) => existsSync(join(path, "local", "front.js")));
  if (dist) return dist;
  throw new SenderError("failed", "edge-not-built", "The edge is not built. Run: npm run build");
}

/** Miniflare speaks to whoever writes Workers, in many lines, and of workerd's own words last. */
function whyNotStarted(cause: unknown): string {
  const said = cause instanceof Error ? cause.message : String(cause);
  const line = (said.split("Runtime stderr:").at(-1) ?? said).replace(/\s+/g, " ").trim().slice(0, SAID_MAX);
  return `The edge's runtime, workerd, did not start (${line}). On Linux it needs glibc 2.35 (Ubuntu 22.04, Debian 12) or newer. On an older system run the edge elsewhere, and send with --edge. To see what it says: npx workerd --version`;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

function signalListeners() {
  return new Map(SIGNALS.map((signal) => [signal, new Set<unknown>(process.listeners(signal))]));
}

/**
 * Miniflare exits the process on a signal at once, before whoever runs it could say goodbye to viewers. Its listener
 * for `exit` stays, so that the runtime never outlives the process.
 */
function keepSignals(before: ReturnType<typeof signalListeners>): void {
  for (const signal of SIGNALS) {
    for (const listener of process.listeners(signal)) {
      if (!before.get(signal)?.has(listener)) process.removeListener(signal, listener);
    }
  }
}
