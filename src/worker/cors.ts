import type { MiddlewareHandler } from "hono";
import { VIEWER_HEADER } from "../protocol/limits.ts";
import { SDP_TYPE } from "../protocol/mime.ts";

/** A day; browsers cap it as they like. */
const PREFLIGHT_MAX_AGE_S = 86_400;
const METHODS = "GET, POST, PUT, PATCH, DELETE";
const REQUEST_HEADERS = `Authorization, Content-Type, If-Match, ${VIEWER_HEADER}`;
/** What WHEP players and API clients on other sites must be able to read. */
const EXPOSED = "Location, ETag, Link, Accept-Patch, Accept-Post, Retry-After, WWW-Authenticate, Allow";

/**
 * CORS of the HTTP API: any origin, because a bearer token decides and no cookie exists that a foreign page could
 * abuse. An `OPTIONS` that is no preflight goes on to its route.
 */
export const cors: MiddlewareHandler = async (c, next) => {
  if (c.req.method === "OPTIONS" && c.req.header("Access-Control-Request-Method") !== undefined) {
    // WHEP wants 200 and the type of its offers for any OPTIONS (draft-ietf-wish-whep, session termination).
    const whep = c.req.path.endsWith("/whep");
    return new Response(null, {
      status: whep ? 200 : 204,
      headers: {
        ...(whep ? { "Accept-Post": SDP_TYPE } : {}),
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": METHODS,
        "Access-Control-Allow-Headers": REQUEST_HEADERS,
        "Access-Control-Max-Age": String(PREFLIGHT_MAX_AGE_S),
      },
    });
  }
  await next();
  if (c.res.status === 101) return;
  c.header("Access-Control-Allow-Origin", "*");
  c.header("Access-Control-Expose-Headers", EXPOSED);
};

/** Answers of the API are for whoever asked, now, and are never a page. */
export const apiHeaders: MiddlewareHandler = async (c, next) => {
  await next();
  if (c.res.status === 101) return;
  c.header("Cache-Control", "no-store");
  c.header("X-Content-Type-Options", "nosniff");
  c.header("Referrer-Policy", "no-referrer");
  c.header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
};
