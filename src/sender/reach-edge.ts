import { randomToken } from "../protocol/bytes.ts";
import { isLoopback } from "./addresses.ts";
import type { SendConfig } from "./config.ts";
import { edgeError } from "./errors.ts";
import { keptPublishKey, publicOrigins, startLocalEdge } from "./local-edge.ts";
import type { Output } from "./output.ts";
import { readPublishKey } from "./publish-key.ts";

/** An edge that sessions can be created on. */
export interface ReachedEdge {
  origin: string;
  publishKey: string;
  /** Origins to print links for, the best first. */
  shown: string[];
}

/**
 * The edge that was asked for, or one started on this machine, which `cleanup` then ends.
 * @throws SenderError when there is no key for it, or it cannot be started
 */
export async function reachEdge(
  config: SendConfig,
  env: Record<string, string | undefined>,
  output: Output,
  cleanup: AsyncDisposableStack,
): Promise<ReachedEdge> {
  if (config.edge) {
    // The kept key is this machine's own edge's: it is shown to no other.
    const kept = isLoopback(config.edge) ? () => keptPublishKey(config.stateDir, output.note) : () => undefined;
    const publishKey = config.publishKey ?? kept();
    if (publishKey) return { origin: config.edge, publishKey, shown: [config.edge] };
    const message = `Creating a session on ${config.edge} takes its publish key. Set SIGHTLINE_PUBLISH_KEY: \`sightline serve\` prints which file it is in; on Cloudflare it is the secret PUBLISH_KEY.`;
    throw edgeError("publish-key-refused", message);
  }
  const publishKey = readPublishKey("PUBLISH_KEY", env.PUBLISH_KEY) ?? randomToken(32);
  const local = await startLocalEdge(config, publishKey, undefined, env, output);
  cleanup.defer(() => local.close());
  const { lan, local: own } = publicOrigins(config, local);
  return { origin: own, publishKey, shown: [...lan, own] };
}
