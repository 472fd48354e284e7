import { createRequire } from "node:module";

/** The very instance of one of its dependencies that werift has; only of those in CommonJS. */
export function requireAsWerift(name: string): unknown {
  const here = createRequire(import.meta.url);
  return createRequire(here.resolve("werift"))(name);
}
