import type { MiddlewareHandler } from "hono";
import type { Env } from "../env.ts";
import { asksForSocket, isGuessing, requireNotGuessing } from "./bad-tokens.ts";
import { requireAllowedOrigin } from "./origin.ts";
import { requireWithin } from "./rate.ts";

type Handler = MiddlewareHandler<{ Bindings: Env }>;

/**
 * Keeps wrong tokens out over HTTP. Where too many different ones came from, each call costs the session a look at its
 * token, and no more of them are made in a minute than joins. A socket is refused where its refusal can be told.
 */
export const notGuessing: Handler = async (c, next) => {
  if (c.req.header("Authorization") !== undefined && !asksForSocket(c.req.raw)) {
    requireNotGuessing(c.req.raw, Date.now());
    if (isGuessing(c.req.raw, Date.now())) await requireWithin(c.env.JOIN_LIMIT, c.req.raw, "guess");
  }
  await next();
};

/** Counts sessions created. */
export const limitCreates: Handler = async (c, next) => {
  if (c.req.method === "POST") await requireWithin(c.env.CREATE_LIMIT, c.req.raw);
  await next();
};

/** Counts joins by HTTP; those by WebSocket are counted where their refusal can be told. */
export const limitJoins: Handler = async (c, next) => {
  if (c.req.method === "POST") await requireWithin(c.env.JOIN_LIMIT, c.req.raw);
  await next();
};

/** The same for a page's offer, apart from sockets: a page that joins sends one and opens one. */
export const limitOffers: Handler = async (c, next) => {
  if (c.req.method === "POST") await requireWithin(c.env.JOIN_LIMIT, c.req.raw, "offer");
  await next();
};

/** Counts requests for ICE servers, each of which may cost a call to a TURN service, with the joins. */
export const limitGrants: Handler = async (c, next) => {
  if (c.req.method !== "OPTIONS") await requireWithin(c.env.JOIN_LIMIT, c.req.raw);
  await next();
};

/** For what only pages call. */
export const pageOrigin: Handler = async (c, next) => {
  requireAllowedOrigin(c.req.raw, c.env.ALLOWED_ORIGINS);
  await next();
};
