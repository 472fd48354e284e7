import type { Session } from "./session/session.ts";

/**
 * The Worker's bindings (wrangler.toml) and settings. Written by hand, because secrets stand in no file that
 * `wrangler types` reads. An unset setting is absent or empty.
 */
export interface Env {
  SESSIONS: DurableObjectNamespace<Session>;
  ASSETS: Fetcher;
  /** Secret. Who holds it may create sessions; without it nobody may. */
  PUBLISH_KEY?: string;
  /** JSON list of `RTCIceServer`; `[]` for none. */
  ICE_SERVERS?: string;
}
