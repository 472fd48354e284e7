import { join } from "node:path";
import { randomToken } from "../protocol/bytes.ts";
import { lanAddresses } from "./addresses.ts";
import type { EdgeConfig } from "./config.ts";
import type { Edge } from "./edge/embedded.ts";
import { EDGE_SETTINGS } from "./edge/settings.ts";
import type { Output } from "./output.ts";
import { readPrivate, writePrivate } from "./private-file.ts";
import { readPublishKey } from "./publish-key.ts";
import { unusableState } from "./state-folder.ts";

type Environment = Record<string, string | undefined>;

/**
 * Starts the edge on this machine.
 * @param publishKey what creating a session will take
 * @param stateDir where sessions survive a restart; when absent they go with the edge
 */
export async function startLocalEdge(
  config: EdgeConfig,
  publishKey: string,
  stateDir: string | undefined,
  env: Environment,
  output: Output,
): Promise<Edge> {
  // Loaded only when it is needed: with --edge the runtime costs nothing.
  const { startEdge } = await import("./edge/embedded.ts");
  const settings = Object.fromEntries(EDGE_SETTINGS.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
  return startEdge({
    host: config.host,
    port: config.port,
    trustProxy: config.trustProxy,
    ...(stateDir ? { stateDir } : {}),
    // No STUN unless it is asked for: on one network nobody needs it, and without internet it would only cost time.
    vars: { ICE_SERVERS: "[]", ...settings, PUBLISH_KEY: publishKey },
    log: output.note,
  });
}

/** Where people open the edge's pages: on this network when it listens there. */
export function publicOrigins(config: EdgeConfig, edge: Edge): { lan: string[]; local: string } {
  const lan = config.lan ? lanAddresses().map((address) => `http://${address}:${edge.port}`) : [];
  return { lan, local: edge.url };
}

const KEY_FILE = "publish-key";

/**
 * The key of `sightline serve`: from the environment, or made once and kept in the state folder, where senders of this
 * user find it.
 * @throws SenderError of reason `usage` when the one that is kept cannot be read, `failed` when one cannot be written
 */
export function servePublishKey(
  stateDir: string,
  env: Environment,
  note: (line: string) => void,
): { key: string; path?: string } {
  const given = readPublishKey("PUBLISH_KEY", env.PUBLISH_KEY);
  if (given !== undefined) return { key: given };
  const path = join(stateDir, KEY_FILE);
  const kept = keptPublishKey(stateDir, note);
  if (kept) return { key: kept, path };
  const key = randomToken(32);
  try {
    writePrivate(path, `${key}\n`);
  } catch (cause) {
    throw unusableState(stateDir, cause, "failed");
  }
  return { key, path };
}

/**
 * What `sightline serve` of the same user keeps here; `undefined` when there is none.
 * @throws SenderError of reason `usage` when there is one that cannot be read: another must not take its place
 */
export function keptPublishKey(stateDir: string, note: (line: string) => void): string | undefined {
  try {
    return readPrivate(join(stateDir, KEY_FILE), note).trim() || undefined;
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw unusableState(stateDir, cause, "usage");
  }
}
