import { type IceServer, isStunUrl } from "../../protocol/ice.ts";
import { warnOnce } from "../warn-once.ts";
import { type IceConfig, type IceSettings, readIceConfig } from "./config.ts";
import { mayRelay, withoutRelays } from "./policy.ts";
import type { IceGrant, IceRequest, IceShare, RemoteProvider } from "./provider.ts";

/** All providers together; whoever joins waits no longer, whatever they do. */
const GRANT_TIMEOUT_MS = 1_000;
/** As many as one message may list. */
const SERVERS_MAX = 16;

/**
 * ICE servers with fresh credentials for one participant, from every provider at once. One that fails or is slow is
 * left out with a warning; this never rejects.
 */
export async function grantIce(settings: IceSettings, request: IceRequest, nowMs: number): Promise<IceGrant> {
  const config = warnOfConfig(settings);
  const relay = mayRelay(config.policy, request);
  const own = config.local.map((provider) => provider.grant(request, nowMs));
  const asked = relay ? config.remote : [];
  const grant = await withDeadline(GRANT_TIMEOUT_MS, async (signal, late) => {
    const shares = await Promise.all(asked.map((provider) => ask(provider, request, nowMs, signal, late)));
    return combine([...own, ...shares], relay);
  });
  if (grant.warnings.length > 0) console.warn(`session ${request.sessionId}: ${grant.warnings.join(" ")}`);
  return grant;
}

/**
 * The same without waiting, for a message that must keep its place in a row of others.
 * @returns `undefined` when a service would have to be asked, or when no credentials are handed out
 */
export function grantIceNow(settings: IceSettings, request: IceRequest, nowMs: number): IceGrant | undefined {
  const config = readIceConfig(settings);
  if (!mayRelay(config.policy, request) || config.remote.length > 0) return undefined;
  const grant = combine(
    config.local.map((provider) => provider.grant(request, nowMs)),
    true,
  );
  return grant.expiresAtMs === undefined ? undefined : grant;
}

/** What a provider that failed leaves behind. */
type Failure = { warning: string };

async function ask(
  provider: RemoteProvider,
  request: IceRequest,
  nowMs: number,
  signal: AbortSignal,
  late: Promise<never>,
): Promise<IceShare | Failure> {
  try {
    return await Promise.race([provider.grant(request, nowMs, signal), late]);
  } catch (error) {
    const why = error instanceof Error ? error.message : "unknown reason";
    return { warning: `No ICE servers from the provider of ${provider.name}: ${why}.` };
  }
}

function combine(shares: (IceShare | Failure)[], relay: boolean): IceGrant {
  const granted = shares.filter((share): share is IceShare => !("warning" in share));
  const iceServers = distinct(granted.flatMap((share) => share.iceServers));
  const expiries = granted.flatMap((share) => share.expiresAtMs ?? []);
  return {
    iceServers: (relay ? iceServers : withoutRelays(iceServers)).slice(0, SERVERS_MAX),
    ...(relay && expiries.length > 0 ? { expiresAtMs: Math.min(...expiries) } : {}),
    revocable: granted.flatMap((share) => share.revocable ?? []),
    warnings: shares.flatMap((share) => ("warning" in share ? share.warning : [])),
  };
}

/** Asking one STUN server twice only takes longer. */
function distinct(servers: IceServer[]): IceServer[] {
  const seen = new Set<string>();
  return servers.flatMap((server) => {
    const urls = server.urls.filter((url) => !seen.has(url) || !isStunUrl(url));
    for (const url of urls) seen.add(url);
    return urls.length > 0 ? [{ ...server, urls }] : [];
  });
}

/** The timer goes with the work, so that nothing keeps a sleeping session awake. */
async function withDeadline<T>(
  timeoutMs: number,
  work: (signal: AbortSignal, late: Promise<never>) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`it did not answer within ${timeoutMs / 1_000} s`));
      abort.abort();
    }, timeoutMs);
  });
  late.catch(() => {});
  try {
    return await work(abort.signal, late);
  } finally {
    if (timer !== undefined) clearTimeout(timer);
  }
}

/** Logs what is wrong with the settings, each sentence once. */
export function warnOfConfig(settings: IceSettings): IceConfig {
  const config = readIceConfig(settings);
  for (const sentence of config.warnings) warnOnce(sentence);
  return config;
}
