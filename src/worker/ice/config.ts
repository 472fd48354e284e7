import * as v from "valibot";
import type { IceServer } from "../../protocol/ice.ts";
import { cloudflareTurnProvider } from "./cloudflare.ts";
import { TurnPolicy, withoutRelays } from "./policy.ts";
import type { LocalProvider, RemoteProvider } from "./provider.ts";
import { sharedSecretProvider } from "./shared-secret.ts";
import { parseIceServers, staticProvider } from "./static.ts";

/** The edge's settings about ICE: Worker variables and secrets, or the environment of `sightline serve`. */
export interface IceSettings {
  /** JSON list of `RTCIceServer`; `[]` for none. Unset, everybody gets a public STUN server. */
  ICE_SERVERS?: string;
  /** Comma list of TURN URLs (RFC 7065), with the secret that the TURN server shares. */
  TURN_URLS?: string;
  TURN_SHARED_SECRET?: string;
  /** A Cloudflare Realtime TURN key, with its API token. */
  TURN_KEY_ID?: string;
  TURN_KEY_API_TOKEN?: string;
  /** Another address for Cloudflare's TURN API. */
  TURN_API_BASE?: string;
  /** Life of TURN credentials in seconds, 60 to 172800. */
  TURN_TTL?: string;
  /** `both` (default), `sender`, `viewer` or `on-demand`. */
  TURN_POLICY?: string;
}

export interface IceConfig {
  local: LocalProvider[];
  remote: RemoteProvider[];
  policy: TurnPolicy;
  /** What is wrong with the settings, a sentence each; none repeats a value, which may be a secret. */
  warnings: string[];
}

/** Enough for most home networks, and it costs nothing. */
const DEFAULT_STUN: IceServer[] = [{ urls: ["stun:stun.cloudflare.com:3478"] }];
const DEFAULT_API_BASE = "https://rtc.live.cloudflare.com";
const DEFAULT_TTL_S = 3_600;
const TTL_MIN_S = 60;
/** Cloudflare's own limit: 48 hours. */
const TTL_MAX_S = 172_800;
const TURN_URLS_MAX = 16;
const TURN_URL = /^turns?:[^\s/?#@]+(\?transport=(udp|tcp))?$/i;

/** Every provider that the settings ask for. A setting that cannot be used is left out with a warning. */
export function readIceConfig(settings: IceSettings): IceConfig {
  const warnings: string[] = [];
  const warn = (sentence: string) => void warnings.push(sentence);
  const ttlSeconds = readTtl(settings.TURN_TTL, warn);
  const local = [readStatic(settings, warn), readSharedSecret(settings, ttlSeconds, warn)];
  const cloudflare = readCloudflare(settings, ttlSeconds, warn);
  return {
    local: local.filter((provider) => !!provider),
    remote: cloudflare ? [cloudflare] : [],
    policy: readPolicy(settings, warn),
    warnings,
  };
}

type Warn = (sentence: string) => void;

function readStatic({ ICE_SERVERS }: IceSettings, warn: Warn): LocalProvider | undefined {
  if (!ICE_SERVERS) return staticProvider(DEFAULT_STUN);
  const servers = parseIceServers(ICE_SERVERS);
  if (servers) return staticProvider(servers.flatMap((server, index) => usable(server, index + 1, warn)));
  warn("ICE_SERVERS is not a JSON list of ICE servers and is ignored: peers get no STUN or TURN from it.");
  return undefined;
}

/** Browsers refuse a whole list for a TURN server that has no password, and no TURN server takes one. */
function usable(server: IceServer, entry: number, warn: Warn): IceServer[] {
  const rest = withoutRelays([server]);
  if (rest[0] === server || (server.username && server.credential)) return [server];
  warn(`Entry ${entry} of ICE_SERVERS is TURN without a username and a credential: its TURN URLs are left out.`);
  return rest;
}

function readCloudflare(settings: IceSettings, ttlSeconds: number, warn: Warn): RemoteProvider | undefined {
  const { TURN_KEY_ID: keyId, TURN_KEY_API_TOKEN: apiToken, TURN_API_BASE: apiBase = "" } = settings;
  if (!keyId && !apiToken) return undefined;
  if (!keyId || !apiToken) {
    const [there, missing] = keyId ? ["TURN_KEY_ID", "TURN_KEY_API_TOKEN"] : ["TURN_KEY_API_TOKEN", "TURN_KEY_ID"];
    warn(`${there} is set without ${missing}: no TURN from Cloudflare. Set both, or neither.`);
    return undefined;
  }
  if (apiBase && !/^https?:\/\/[^/]/.test(apiBase)) {
    warn(
      "TURN_API_BASE is no http:// or https:// address: no TURN from Cloudflare. Leave it out for Cloudflare's own.",
    );
    return undefined;
  }
  return cloudflareTurnProvider({ apiBase: apiBase || DEFAULT_API_BASE, keyId, apiToken, ttlSeconds });
}

function readSharedSecret(settings: IceSettings, ttlSeconds: number, warn: Warn): LocalProvider | undefined {
  const { TURN_URLS: list, TURN_SHARED_SECRET: secret } = settings;
  if (!list && !secret) return undefined;
  if (!list || !secret) {
    const [there, missing] = list ? ["TURN_URLS", "TURN_SHARED_SECRET"] : ["TURN_SHARED_SECRET", "TURN_URLS"];
    warn(`${there} is set without ${missing}: no TURN from it. Set both, or neither.`);
    return undefined;
  }
  const entries = list.split(",").map((entry) => entry.trim());
  const urls = entries.filter((entry, index) => {
    if (TURN_URL.test(entry)) return true;
    if (entry) {
      const example = "turn:turn.example.com:3478?transport=udp";
      warn(`Entry ${index + 1} of TURN_URLS is no TURN URL such as ${example} and is left out.`);
    }
    return false;
  });
  if (urls.length > TURN_URLS_MAX) warn(`TURN_URLS has more than ${TURN_URLS_MAX} entries; the others are left out.`);
  if (urls.length === 0) {
    warn("TURN_URLS names no usable TURN URL: no TURN from it.");
    return undefined;
  }
  return sharedSecretProvider({ urls: urls.slice(0, TURN_URLS_MAX), secret, ttlMs: ttlSeconds * 1_000 });
}

function readTtl(text: string | undefined, warn: Warn): number {
  if (!text) return DEFAULT_TTL_S;
  const seconds = Number(text);
  if (!Number.isInteger(seconds)) {
    warn(`TURN_TTL is no whole number of seconds: credentials live for ${DEFAULT_TTL_S}.`);
    return DEFAULT_TTL_S;
  }
  const bounded = Math.min(TTL_MAX_S, Math.max(TTL_MIN_S, seconds));
  if (bounded !== seconds)
    warn(`TURN_TTL lies outside ${TTL_MIN_S} to ${TTL_MAX_S}: credentials live for ${bounded} s.`);
  return bounded;
}

function readPolicy({ TURN_POLICY }: IceSettings, warn: Warn): TurnPolicy {
  if (!TURN_POLICY) return "both";
  if (v.is(TurnPolicy, TURN_POLICY)) return TURN_POLICY;
  warn(`TURN_POLICY is none of ${TurnPolicy.options.join(", ")}: both ends get TURN.`);
  return "both";
}
