import { existsSync } from "node:fs";
import type { CreateSession } from "../../../src/protocol/http.ts";
import { deriveLinkKeys, hashToken } from "../../../src/protocol/link.ts";
import { type Edge, type EdgeOptions, startEdge } from "../../../src/sender/edge/embedded.ts";
import type { Identity } from "../../../src/sender/identity.ts";

export const PUBLISH_KEY = "publish-key-of-the-test";

/** The real edge on this machine; its state is gone when it ends. */
export async function openEdge(port = 0, options: Partial<EdgeOptions> = {}): Promise<Edge> {
  if (!existsSync(new URL("../../../dist/worker/index.js", import.meta.url))) {
    throw new Error("The edge is not built. Run: node scripts/build.ts");
  }
  const vars = { PUBLISH_KEY, ICE_SERVERS: "[]" };
  return startEdge({ host: "127.0.0.1", port, vars, log: () => {}, ...options });
}

export function creationOf(identity: Identity): CreateSession {
  const hashOf = (role: "viewer" | "operator", secret: string) =>
    hashToken(deriveLinkKeys(identity.sessionId, role, secret).joinToken);
  return {
    id: identity.sessionId,
    senderToken: identity.senderToken,
    viewerTokenHash: hashOf("viewer", identity.viewerSecret),
    operatorTokenHash: hashOf("operator", identity.operatorSecret),
  };
}
