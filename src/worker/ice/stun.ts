import { isStunUrl } from "../../protocol/ice.ts";
import { type IceSettings, readIceConfig } from "./config.ts";

/**
 * The STUN servers that everybody gets without asking a service, for the page to know before it joins. URLs alone: no
 * TURN server and no credential leaves here.
 */
export function stunUrls(settings: IceSettings): string[] {
  const shares = readIceConfig(settings).local.map((provider) =>
    provider.grant({ sessionId: "", as: "viewer" }, Date.now()),
  );
  const urls = shares.flatMap(({ iceServers }) => iceServers.flatMap((server) => server.urls));
  return [...new Set(urls.filter(isStunUrl))];
}
