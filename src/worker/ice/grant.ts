import type { IceServer } from "../../protocol/ice.ts";
import type { Env } from "../env.ts";
import type { IceProvider, IceRequest } from "./provider.ts";
import { parseIceServers, staticProvider } from "./static.ts";

/** Given when nobody configured anything: enough for most home networks, and it costs nothing. */
const DEFAULT_STUN: IceServer[] = [{ urls: ["stun:stun.cloudflare.com:3478"] }];

type IceSettings = Pick<Env, "ICE_SERVERS">;

/** Every provider that the settings ask for; their servers are combined. */
export function iceProviders(settings: IceSettings): IceProvider[] {
  if (!settings.ICE_SERVERS) return [staticProvider(DEFAULT_STUN)];
  const servers = parseIceServers(settings.ICE_SERVERS);
  if (servers) return [staticProvider(servers)];
  // The value itself may hold a TURN password, so the log does not repeat it.
  warnOnce("ICE_SERVERS is not a JSON list of ICE servers and is ignored: peers get no STUN or TURN from it.");
  return [];
}

/** The ICE servers for one participant. A provider that fails is left out with a warning; a join never fails for it. */
export async function grantIce(settings: IceSettings, request: IceRequest): Promise<IceServer[]> {
  const granted = await Promise.allSettled(iceProviders(settings).map((provider) => tagged(provider, request)));
  return granted.flatMap((result) => {
    if (result.status === "fulfilled") return result.value;
    console.warn(`No ICE servers: ${String(result.reason)}`);
    return [];
  });
}

async function tagged(provider: IceProvider, request: IceRequest): Promise<IceServer[]> {
  try {
    return await provider.grant(request);
  } catch (cause) {
    throw new Error(`provider ${provider.name} failed`, { cause });
  }
}

const warned = new Set<string>();

function warnOnce(sentence: string): void {
  if (warned.has(sentence)) return;
  warned.add(sentence);
  console.warn(sentence);
}
