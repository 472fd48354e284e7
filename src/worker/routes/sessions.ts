import type { Context } from "hono";
import * as v from "valibot";
import { SightlineError } from "../../protocol/errors.ts";
import { type CreatedSession, CreateSession, type IceReply, RotateLinks } from "../../protocol/http.ts";
import { makeSessionId, SessionId, ViewerId } from "../../protocol/ids.ts";
import { VIEWER_HEADER } from "../../protocol/limits.ts";
import { hashToken } from "../../protocol/link.ts";
import { PatchParameters } from "../../protocol/stream.ts";
import { callerOf, requirePublishKey } from "../auth.ts";
import { readBody } from "../body.ts";
import { register } from "../directory/client.ts";
import type { Env } from "../env.ts";
import { unwrap } from "../session/reply.ts";

type Ctx = Context<{ Bindings: Env }>;

/** The handlers under `/api/sessions`. Each asks the session once. */

export async function createSession(c: Ctx): Promise<Response> {
  requirePublishKey(c.req.raw, c.env);
  const { senderToken, id = makeSessionId(new Date()), ...rest } = await readBody(c.req.raw, CreateSession);
  const creation = { ...rest, id, senderTokenHash: hashToken(senderToken) };
  const { resumed, ...created } = unwrap(await session(c.env, id).create(creation));
  await register(c.env, created);
  return c.json(created satisfies CreatedSession, resumed ? 200 : 201);
}

export async function getSession(c: Ctx): Promise<Response> {
  return c.json(unwrap(await sessionOf(c).status(callerOf(c.req.raw, c.env))));
}

export async function patchSession(c: Ctx): Promise<Response> {
  const caller = callerOf(c.req.raw, c.env);
  const patch = await readBody(c.req.raw, PatchParameters);
  return c.json(unwrap(await sessionOf(c).setParameters(caller, patch)));
}

export async function deleteSession(c: Ctx): Promise<Response> {
  unwrap(await sessionOf(c).end(callerOf(c.req.raw, c.env)));
  return c.body(null, 204);
}

export async function getIce(c: Ctx): Promise<Response> {
  const viewer = c.req.header(VIEWER_HEADER);
  const reply = await sessionOf(c).ice(callerOf(c.req.raw, c.env), v.is(ViewerId, viewer) ? viewer : undefined);
  return c.json(unwrap(reply) satisfies IceReply);
}

export async function putLinks(c: Ctx): Promise<Response> {
  const caller = callerOf(c.req.raw, c.env);
  const links = await readBody(c.req.raw, RotateLinks);
  unwrap(await sessionOf(c).rotateLinks(caller, links));
  return c.body(null, 204);
}

export async function deleteViewer(c: Ctx): Promise<Response> {
  const caller = callerOf(c.req.raw, c.env);
  const viewer = c.req.param("viewer");
  if (!v.is(ViewerId, viewer)) throw new SightlineError("viewer-not-found");
  unwrap(await sessionOf(c).kick(caller, viewer));
  return c.body(null, 204);
}

/** @throws SightlineError `session-not-found` for an id that no session can have */
export function sessionOf(c: Ctx) {
  const id = c.req.param("id");
  if (!v.is(SessionId, id)) throw new SightlineError("session-not-found");
  return session(c.env, id);
}

function session(env: Env, id: string) {
  return env.SESSIONS.getByName(id);
}
