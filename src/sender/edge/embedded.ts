import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SenderError } from "../errors.ts";
import { KeptRuntime } from "./kept-runtime.ts";
import { reachable, requireFreePort } from "./port.ts";
import { RATE_LIMITS, type RateLimits } from "./rate-limits.ts";
import { Runtime } from "./runtime.ts";
import { SessionsFolder } from "./sessions-folder.ts";
import { EDGE_SETTINGS } from "./settings.ts";

export interface EdgeOptions {
  /** Address to bind, such as `127.0.0.1`, or `0.0.0.0` for every interface. */
  host: string;
  /** 0 for any free one. */
  port: number;
  /** Where sessions are kept; when absent, only until the edge is closed. */
  stateDir?: string;
  /** The Worker's variables and secrets, such as `PUBLISH_KEY` and `ICE_SERVERS`. */
  vars: Record<string, string>;
  /** A proxy stands before the edge, and nobody else reaches it: clients are where its `X-Forwarded-For` says. */
  trustProxy?: boolean;
  /** Per client address and minute, {@link RATE_LIMITS} by default; `{}` for none. */
  rateLimits?: RateLimits;
  /** One line of the Worker's log. Standard error by default. */
  log?: (line: string) => void;
  /** The workerd to run, where it is not the one that comes with the package. */
  binary?: string;
  /** In place of edge.capnp, with what workerd calls experimental: it names a socket `door`, folders `files` and `state`. */
  config?: string;
}

export interface Edge {
  /** Reaches the edge from this machine, without a slash at the end. */
  url: string;
  port: number;
  /** Ends the runtime and frees the port. */
  close(): Promise<void>;
}

const HEALTH_TIMEOUT_MS = 30_000;

/**
 * Runs the Worker that is deployed, byte for byte, in workerd on this machine; and runs it again where it ends by itself.
 * @throws SenderError when the port or host cannot be had, or the Worker is not built
 */
export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const { host, log = console.error } = options;
  await requireFreePort(host, options.port);
  const sessions = new SessionsFolder(options.stateDir);
  const start = (port: number, signal?: AbortSignal) => startRuntime({ ...options, port, log }, sessions.path, signal);
  const runtime = await KeptRuntime.start(options.port, start, log).catch((error) => {
    sessions.forget();
    throw error;
  });
  const { port } = runtime;
  const url = `http://${reachable(host)}:${port}`;
  const close = async () => {
    await runtime.close();
    sessions.forget();
  };
  try {
    // Also makes the Worker say what is wrong with its settings.
    await (await fetch(`${url}/api/health`, { signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS) })).arrayBuffer();
  } catch (cause) {
    await close();
    throw notStarted(cause);
  }
  return { url, port, close };
}

async function startRuntime(
  options: EdgeOptions & { log(line: string): void },
  sessionsDir: string,
  signal: AbortSignal | undefined,
): Promise<Runtime> {
  const { host, port, binary, config, log } = options;
  const dist = findDist();
  try {
    return await Runtime.start(
      {
        binary,
        config: config === undefined ? [join(dist, "local", "edge.capnp")] : ["--experimental", config],
        address: `${host.includes(":") ? `[${host}]` : host}:${port}`,
        folders: { files: join(dist, "assets"), state: sessionsDir },
        env: environment(options),
        log,
      },
      signal,
    );
  } catch (cause) {
    // Another program may have been quicker.
    await requireFreePort(host, port);
    throw notStarted(cause);
  }
}

/** Of this process's own settings the Worker is told nothing that it was not given, nor of its time zone. */
function environment({ vars, trustProxy, rateLimits = RATE_LIMITS }: EdgeOptions): NodeJS.ProcessEnv {
  const names = [...EDGE_SETTINGS, "PUBLISH_KEY", "TRUST_PROXY", ...Object.keys(RATE_LIMITS)];
  const unset = Object.fromEntries(names.map((name) => [name, undefined]));
  const limits = Object.fromEntries(Object.entries(rateLimits).map(([name, limit]) => [name, String(limit)]));
  return { ...process.env, TZ: "UTC", ...unset, ...vars, ...limits, ...(trustProxy ? { TRUST_PROXY: "true" } : {}) };
}

/** The build's folder, seen from `src/sender/edge/` or from `dist/lib/sender/edge/`. */
function findDist(): string {
  const candidates = ["../../../dist/", "../../../"].map((path) => fileURLToPath(new URL(path, import.meta.url)));
  const dist = candidates.find((path) => existsSync(join(path, "local", "edge.capnp")));
  if (dist) return dist;
  throw new SenderError("failed", "edge-not-built", "The edge is not built. Run: npm run build");
}

function notStarted(cause: unknown): SenderError {
  if (cause instanceof SenderError) return cause;
  const said = cause instanceof Error ? cause.message : String(cause);
  const message = `The edge's runtime, workerd, did not start (${said}). On Linux it needs glibc 2.35 (Ubuntu 22.04, Debian 12) or newer. On an older system run the edge elsewhere, and send with --edge. To see what it says: npx workerd --version`;
  return new SenderError("failed", "edge-not-started", message, { cause });
}
