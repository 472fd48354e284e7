import { type Handler, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { SightlineError } from "../protocol/errors.ts";
import { isSessionId } from "../protocol/ids.ts";
import { apiHeaders, cors } from "./cors.ts";
import type { Env } from "./env.ts";
import { countRefusal } from "./limits/bad-tokens.ts";
import { limitCreates, limitGrants, limitJoins, limitOffers, notGuessing, pageOrigin } from "./limits/middleware.ts";
import { notSeeking } from "./limits/unknown-sessions.ts";
import { getOpenApi } from "./openapi.ts";
import { retryAfterS } from "./retry.ts";
import { getHealth } from "./routes/health.ts";
import { listSessions } from "./routes/listing.ts";
import { postOffer } from "./routes/offer.ts";
import { ASSET_PATHS, serveAsset, servePage } from "./routes/page.ts";
import * as sessions from "./routes/sessions.ts";
import { openSignal } from "./routes/signal.ts";
import * as whep from "./routes/whep.ts";

type Bindings = { Bindings: Env };
type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS";

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

app.use("/api/*", apiHeaders, cors, notGuessing);
app.use("/api/sessions", limitCreates);
app.use("/api/sessions/:id/offer", pageOrigin, limitOffers);
app.use("/api/sessions/:id/whep", limitJoins);
app.use("/api/sessions/:id/ice", limitGrants);
for (const uncounted of ["", "/links", "/viewers/:viewer", "/whep/:resource"]) {
  app.use(`/api/sessions/:id${uncounted}`, notSeeking);
}

route("/api/health", { GET: getHealth });
route("/api/openapi.json", { GET: getOpenApi });
route("/api/sessions", { GET: listSessions, POST: sessions.createSession });
route("/api/sessions/:id", {
  GET: sessions.getSession,
  PATCH: sessions.patchSession,
  DELETE: sessions.deleteSession,
});
route("/api/sessions/:id/ice", { GET: sessions.getIce });
route("/api/sessions/:id/links", { PUT: sessions.putLinks });
route("/api/sessions/:id/viewers/:viewer", { DELETE: sessions.deleteViewer });
route("/api/sessions/:id/signal", { GET: (c) => openSignal(c.req.raw, c.env, c.req.param("id") ?? "") });
route("/api/sessions/:id/offer", { POST: postOffer });
route("/api/sessions/:id/whep", { POST: whep.postWhep, GET: whep.getWhep, OPTIONS: whep.optionsWhep });
route("/api/sessions/:id/whep/:resource", {
  GET: whep.getWhepResource,
  PATCH: whep.patchWhepResource,
  DELETE: whep.deleteWhepResource,
  OPTIONS: whep.optionsWhepResource,
});

// A damaged link still gets the page, which says what is wrong with it.
for (const path of ["/s/:id", "/s/:id/"]) {
  route(path, { GET: (c) => servePage(c.req.raw, c.env, isSessionId(c.req.param("id") ?? "") ? undefined : 400) });
}
for (const path of ASSET_PATHS) route(path, { GET: (c) => serveAsset(c.req.raw, c.env, path) });
route("/", { GET: (c) => c.text("This is a Sightline edge. A camera's link looks like /s/SESSION#SECRET\n") });

app.notFound(() => {
  throw new SightlineError("not-found");
});

app.onError(async (error, c) => {
  // The route's pattern, not the address: that one holds viewer ids.
  if (!(error instanceof SightlineError)) console.error(`${c.req.method} ${c.req.routePath} failed`, error);
  const refusal = error instanceof SightlineError ? error : new SightlineError("internal");
  const known = await countRefusal(refusal, c.env, c.req.raw, Date.now());
  if (known.status === 401) c.header("WWW-Authenticate", "Bearer");
  const waitS = retryAfterS(known.code);
  if (waitS !== undefined) c.header("Retry-After", String(waitS));
  return c.json(known.toBody(), known.status as ContentfulStatusCode);
});
