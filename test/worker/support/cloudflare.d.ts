import type * as main from "../../../src/worker/index.ts";

declare global {
  namespace Cloudflare {
    interface GlobalProps {
      mainModule: typeof main;
      durableNamespaces: "Session" | "Directory";
    }
    interface Env {
      SESSIONS: DurableObjectNamespace<main.Session>;
      DIRECTORY: DurableObjectNamespace<main.Directory>;
      PUBLISH_KEY: string;
      ICE_SERVERS: string;
      TURN_URLS?: string;
      TURN_SHARED_SECRET?: string;
      TURN_KEY_ID?: string;
      TURN_KEY_API_TOKEN?: string;
      TURN_API_BASE?: string;
      TURN_TTL?: string;
      TURN_POLICY?: string;
      ALLOWED_ORIGINS?: string;
      CREATE_LIMIT?: RateLimit;
      JOIN_LIMIT?: RateLimit;
      BAD_TOKEN_LIMIT?: RateLimit;
    }
  }
}

declare module "vitest" {
  interface ProvidedContext {
    /** Where the stand-in for Cloudflare's TURN API listens. */
    turnApi: string;
  }
}
