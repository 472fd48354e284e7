import * as v from "valibot";
import { type IceServer, isTurnUrl } from "../../protocol/ice.ts";
import type { IceRequest } from "./provider.ts";

/**
 * Who relays. One relay on the path is enough, so a deployment may pay for one side's only. `on-demand` hands TURN
 * to nobody with a welcome: an end that cannot connect without it asks `GET .../ice`.
 */
export const TurnPolicy = v.picklist(["both", "sender", "viewer", "on-demand"]);
export type TurnPolicy = v.InferOutput<typeof TurnPolicy>;

export function mayRelay(policy: TurnPolicy, request: IceRequest): boolean {
  if (policy === "both") return true;
  if (policy === "on-demand") return request.onDemand === true;
  return policy === request.as;
}

/** The same servers without their TURN URLs, and without servers that have no other. */
export function withoutRelays(servers: IceServer[]): IceServer[] {
  return servers.flatMap((server) => {
    const urls = server.urls.filter((url) => !isTurnUrl(url));
    if (urls.length === server.urls.length) return [server];
    return urls.length > 0 ? [{ urls }] : [];
  });
}
