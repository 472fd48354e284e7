import * as v from "valibot";
import { type IceServer, IceServers } from "../../protocol/ice.ts";
import type { LocalProvider } from "./provider.ts";

/** The same list for everybody: STUN, or TURN with a password that never changes. */
export function staticProvider(servers: IceServer[]): LocalProvider {
  return { grant: () => ({ iceServers: servers }) };
}

/** Reads `ICE_SERVERS`; `undefined` when it is not a JSON list of `RTCIceServer`. */
export function parseIceServers(text: string): IceServer[] | undefined {
  try {
    const result = v.safeParse(IceServers, JSON.parse(text));
    return result.success ? result.output : undefined;
  } catch {
    return undefined;
  }
}
