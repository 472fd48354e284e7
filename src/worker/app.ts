import { type Handler, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import packageJson from "../../package.json" with { type: "json" };
import { SightlineError } from "../protocol/errors.ts";
import { isSessionId } from "../protocol/ids.ts";
import type { Env } from "./env.ts";
import { ASSET_PATHS, serveAsset, servePage } from "./routes/page.ts";
import * as sessions from "./routes/sessions.ts";
import { openSignal } from "./routes/signal.ts";

type Bindings = { Bindings: Env };
type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export const app = new Hono<Bindings>();

/** What one path takes; any other method is told so instead of "not found". */
function route(path: string, handlers: Partial<Record<Method, Handler<Bindings>>>): void {
  for (const [method, handler] of Object.entries(handlers)) app.on(method, path, handler);
  const allow = Object.keys(handlers).join(", ");
  app.all(path, (c) => {
    c.header("Allow", allow);
    throw new SightlineError("method-not-allowed");
  });
}

app.use("/api/*", async (c, next) => {
  c.header("Cache-Control", "no-store");
  await next();
});

route("/api/health", { GET: (c) => c.json({ ok: true, version: packageJson.version }) });
route("/api/sessions", { POST: sessions.createSession });
route("/api/sessions/:id", {
  GET: sessions.getSession,
  PATCH: sessions.patchSession,
  DELETE: sessions.deleteSession,
});
route("/api/sessions/:id/ice", { GET: sessions.getIce });
route("/api/sessions/:id/links", { PUT: sessions.putLinks });
route("/api/sessions/:id/viewers/:viewer", { DELETE: sessions.deleteViewer });
route("/api/sessions/:id/signal", { GET: (c) => openSignal(c.req.raw, c.env, c.req.param("id") ?? "") });

// A damaged link still gets the page, which says what is wrong with it.
route("/s/:id", { GET: (c) => servePage(c.req.raw, c.env, isSessionId(c.req.param("id") ?? "") ? undefined : 400) });
for (const path of ASSET_PATHS) route(path, { GET: (c) => serveAsset(c.req.raw, c.env, path) });
route("/", { GET: (c) => c.text("This is a Sightline edge. A camera's link looks like /s/SESSION#SECRET\n") });

app.notFound(() => {
  throw new SightlineError("not-found");
});

app.onError((error, c) => {
  const known = error instanceof SightlineError ? error : new SightlineError("internal");
  // The route's pattern, not the address: that one holds viewer ids.
  if (known !== error) console.error(`${c.req.method} ${c.req.routePath} failed`, error);
  if (known.status === 401) c.header("WWW-Authenticate", "Bearer");
  return c.json(known.toBody(), known.status as ContentfulStatusCode);
});
