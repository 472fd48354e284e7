import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { RateLimits } from "./rate-limits.ts";

/**
 * Puts a door of our own before the Worker. Miniflare's passes a client's own `CF-Connecting-IP` on and answers to
 * headers and paths meant for its developers, so that one stays on loopback and this one is what the network sees: a
 * socket of workerd that leads to dist/local/front.js, which knows the client's address from the runtime itself.
 *
 * Miniflare loads this module by its path, as a plugin of the binding that {@link frontBinding} describes.
 */
export interface FrontOptions {
  /** Folder that the build wrote front.js and rate-limit.js into. */
  directory: string;
  /** Where the network reaches the edge: `HOST:PORT`, an IPv6 address in brackets. */
  address: string;
  trustProxy: boolean;
  /** Per address and minute; one that is absent does not count. */
  rateLimits: RateLimits;
  compatibilityDate: string;
}

const PLUGIN = "sightline-front";
const BINDING = "SIGHTLINE_FRONT";
const SERVICE = "sightline:front";
const LIMIT_MODULE = "sightline-internal:rate-limit";
const PERIOD_MS = 60_000;

/** An entry of the Worker's `unsafeBindings`. */
export function frontBinding(options: FrontOptions) {
  return {
    name: BINDING,
    type: PLUGIN,
    plugin: { package: fileURLToPath(import.meta.url), name: PLUGIN },
    options: { ...options },
  };
}

/** What Miniflare hands to a plugin, as far as it is needed here. */
interface WorkerOptions {
  config: { name: string; env?: Record<string, { dev?: { options?: unknown } }> };
}

function optionsOf(worker: WorkerOptions): FrontOptions | undefined {
  return worker.config.env?.[BINDING]?.dev?.options as FrontOptions | undefined;
}

function source({ directory }: FrontOptions, file: string): string {
  return readFileSync(`${directory}/${file}`, "utf8");
}

const front = {
  getBindings(worker: WorkerOptions) {
    return Object.entries(optionsOf(worker)?.rateLimits ?? {}).map(([name, limit]) => ({
      name,
      wrapped: {
        moduleName: LIMIT_MODULE,
        innerBindings: [
          { name: "limit", json: JSON.stringify(limit) },
          { name: "periodMs", json: JSON.stringify(PERIOD_MS) },
        ],
      },
    }));
  },

  getNodeBindings: () => ({}),

  getExtensions({ options: workers }: { options: WorkerOptions[] }) {
    return workers.flatMap((worker) => {
      const options = optionsOf(worker);
      if (!options) return [];
      return [{ modules: [{ name: LIMIT_MODULE, esModule: source(options, "rate-limit.js"), internal: true }] }];
    });
  },

  getServices({ options: worker }: { options: WorkerOptions }) {
    const options = optionsOf(worker);
    if (!options) return [];
    const service = {
      name: SERVICE,
      worker: {
        compatibilityDate: options.compatibilityDate,
        modules: [{ name: "front.js", esModule: source(options, "front.js") }],
        bindings: [
          { name: "EDGE", service: { name: `core:user:${worker.config.name}` } },
          { name: "TRUST_PROXY", json: JSON.stringify(options.trustProxy) },
        ],
      },
    };
    // Without a `cfBlobHeader` the runtime itself fills in `request.cf`, with the address of the socket's other end.
    const socket = { name: SERVICE, address: options.address, service: { name: SERVICE }, http: {} };
    return { services: [service], extensions: [], sockets: [socket] };
  },
};

/** By the name that Miniflare asks for. */
export const plugins = { [PLUGIN]: front };
