import type * as main from "../../../src/worker/index.ts";

declare global {
  namespace Cloudflare {
    interface GlobalProps {
      mainModule: typeof main;
      durableNamespaces: "Session";
    }
    interface Env {
      SESSIONS: DurableObjectNamespace<main.Session>;
      PUBLISH_KEY: string;
      ICE_SERVERS: string;
    }
  }
}
