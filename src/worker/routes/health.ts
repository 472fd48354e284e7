import type { Context } from "hono";
import packageJson from "../../../package.json" with { type: "json" };
import type { Env } from "../env.ts";
import { warnOfConfig } from "../ice/grant.ts";
import { warnOfPublishKey } from "../publish-key.ts";

/** Whoever starts the edge asks this first, and so learns at once what is wrong with the settings: it stands in the log. */
export function getHealth(c: Context<{ Bindings: Env }>): Response {
  warnOfConfig(c.env);
  warnOfPublishKey(c.env);
  return c.json({ ok: true, version: packageJson.version });
}
