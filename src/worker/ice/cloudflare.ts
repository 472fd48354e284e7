import * as v from "valibot";
import { type IceServer, IceServers } from "../../protocol/ice.ts";
import type { RemoteProvider } from "./provider.ts";

export interface CloudflareTurnOptions {
  apiBase: string;
  keyId: string;
  apiToken: string;
  ttlSeconds: number;
}

const Generated = v.object({ iceServers: IceServers });

/** Browsers wait for a port that most networks keep for DNS, so these URLs only delay gathering. */
const DNS_PORT = /:53(\?|$)/;

/**
 * Cloudflare Realtime TURN (https://developers.cloudflare.com/realtime/turn/generate-credentials/). Written from the
 * documented shapes: it was tested against a stand-in of that API, never with a real account.
 */
export function cloudflareTurnProvider({
  apiBase,
  keyId,
  apiToken,
  ttlSeconds,
}: CloudflareTurnOptions): RemoteProvider {
  const base = `${apiBase.replace(/\/+$/, "")}/v1/turn/keys/${encodeURIComponent(keyId)}/credentials`;
  const post = async (path: string, signal: AbortSignal, body?: object) => {
    const response = await fetch(`${base}/${path}`, {
      method: "POST",
      headers: { Authorization: `Bearer ${apiToken}`, ...(body ? { "Content-Type": "application/json" } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
      // The token is for this address alone.
      redirect: "manual",
      signal,
    }).catch((cause) => {
      // The runtime's own sentence may hold the address, and with it a user name.
      throw new Error("it cannot be reached", { cause });
    });
    if (response.ok) return response;
    await response.body?.cancel();
    throw new Error(`it answered with status ${response.status}`);
  };

  return {
    name: "TURN_KEY_ID",
    async grant({ sessionId }, nowMs, signal) {
      const response = await post("generate-ice-servers", signal, { ttl: ttlSeconds, customIdentifier: sessionId });
      const iceServers = withoutDnsPort(parse(await response.text()));
      return {
        iceServers,
        expiresAtMs: nowMs + ttlSeconds * 1_000,
        revocable: [...new Set(iceServers.flatMap(({ username }) => username ?? []))],
      };
    },
    async revoke(username, signal) {
      const response = await post(`${encodeURIComponent(username)}/revoke`, signal);
      await response.body?.cancel();
    },
  };
}

/** @throws Error that repeats nothing of the answer, which holds credentials */
function parse(text: string): IceServer[] {
  try {
    return v.parse(Generated, JSON.parse(text)).iceServers;
  } catch {
    throw new Error("it answered something that holds no ICE servers");
  }
}

function withoutDnsPort(servers: IceServer[]): IceServer[] {
  return servers.flatMap((server) => {
    const urls = server.urls.filter((url) => !DNS_PORT.test(url));
    return urls.length > 0 ? [{ ...server, urls }] : [];
  });
}
