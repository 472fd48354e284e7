import { once } from "node:events";
import { join } from "node:path";
import type { ServeConfig } from "./config.ts";
import { publicOrigins, servePublishKey, startLocalEdge } from "./local-edge.ts";
import type { Output } from "./output.ts";

/** Runs the edge alone until `signal` aborts. */
export async function runServe(
  config: ServeConfig,
  env: NodeJS.ProcessEnv,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const { key, path } = servePublishKey(config.stateDir, env, output.note);
  const edge = await startLocalEdge(config, key, join(config.stateDir, "edge"), env, output);
  try {
    const { lan, local } = publicOrigins(config, edge);
    output.emit({ event: "edge", url: local });
    if (!config.json) for (const url of [local, ...lan]) output.note(`Edge      ${url}`);
    if (path) output.note(`The publish key is in ${path}; senders elsewhere need it as SIGHTLINE_PUBLISH_KEY.`);
    if (!signal.aborted) await once(signal, "abort");
  } finally {
    await edge.close();
  }
}
