import type { Directory } from "./directory/directory.ts";
import type { IceSettings } from "./ice/config.ts";
import type { Limits } from "./limits/rate.ts";
import type { Session } from "./session/session.ts";

/**
 * The Worker's bindings (wrangler.toml) and settings. Written by hand, because secrets stand in no file that
 * `wrangler types` reads. An unset setting is absent or empty.
 */
export interface Env extends IceSettings, Limits {
  SESSIONS: DurableObjectNamespace<Session>;
  DIRECTORY: DurableObjectNamespace<Directory>;
  ASSETS: Fetcher;
  /** Secret. Who holds it may create sessions; without it nobody may. */
  PUBLISH_KEY?: string;
  /** Comma list of origins whose pages may join besides the edge's own; `*` for any. */
  ALLOWED_ORIGINS?: string;
}
