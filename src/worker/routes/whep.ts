import type { Context } from "hono";
import * as v from "valibot";
import { SightlineError } from "../../protocol/errors.ts";
import { ViewerId } from "../../protocol/ids.ts";
import { SDP_MAX_CHARS } from "../../protocol/limits.ts";
import { JSON_TYPE, SDP_TYPE, TRICKLE_TYPE } from "../../protocol/mime.ts";
import { type WhepJsonAnswer, WhepJsonOffer } from "../../protocol/offer.ts";
import { callerOf } from "../auth.ts";
import { readBody, readText } from "../body.ts";
import type { Env } from "../env.ts";
import { accepts, mediaTypeOf } from "../media-type.ts";
import { parseFragment } from "../sdp/fragment.ts";
import { iceTagOfOffer } from "../sdp/ice-tag.ts";
import type { WhepAnswer } from "../session/http-calls.ts";
import { unwrap } from "../session/reply.ts";
import { sessionOf } from "./sessions.ts";
import { iceLinks } from "./whep-links.ts";

/**
 * WHEP (draft-ietf-wish-whep, with the ICE rules that it shares with WHIP, RFC 9725 section 4.3): any player gets a
 * session's picture by one POST. The camera's sender gathers before it answers, so the answer has every candidate.
 */

type Ctx = Context<{ Bindings: Env }>;

/** 201 with the answer in the form of the offer, or in the other one if only that is accepted. */
export async function postWhep(c: Ctx): Promise<Response> {
  const caller = callerOf(c.req.raw, c.env);
  const given = mediaTypeOf(c.req.header("Content-Type") ?? null);
  if (given !== SDP_TYPE && given !== JSON_TYPE) {
    c.header("Accept-Post", SDP_TYPE);
    throw new SightlineError("unsupported-media-type", `A WHEP offer is ${SDP_TYPE}, or ${JSON_TYPE} {sdp, type}.`);
  }
  const type = answerType(given, c.req.header("Accept") ?? null);
  const sdp = given === JSON_TYPE ? (await readBody(c.req.raw, WhepJsonOffer)).sdp : await readSdp(c.req.raw);
  const iceTag = iceTagOfOffer(sdp);
  const answer = unwrap(await sessionOf(c).whepOffer(caller, { sdp, iceTag }));
  describeResource(c, answer, iceTag);
  if (type === SDP_TYPE) return c.body(answer.sdp, 201, { "Content-Type": SDP_TYPE });
  return c.json({ status: "success", type: "answer", sdp: answer.sdp } satisfies WhepJsonAnswer, 201);
}

/** There is nothing to GET; its type tells a player that this is a WHEP endpoint. Says nothing of the session. */
export function getWhep(c: Ctx): Response {
  return c.body(null, 200, { "Content-Type": SDP_TYPE, "Accept-Post": SDP_TYPE });
}

/** Preflights are answered before they come here. */
export function optionsWhep(c: Ctx): Response {
  return c.body(null, 200, { Allow: "GET, HEAD, POST, OPTIONS", "Accept-Post": SDP_TYPE });
}

export function optionsWhepResource(c: Ctx): Response {
  return c.body(null, 200, { Allow: "GET, HEAD, PATCH, DELETE, OPTIONS", "Accept-Patch": TRICKLE_TYPE });
}

/** Nothing to GET here either (RFC 9725 section 4.1), though a player may ask whether it is still there. */
export async function getWhepResource(c: Ctx): Promise<Response> {
  unwrap(await sessionOf(c).whepStatus(callerOf(c.req.raw, c.env), resourceOf(c)));
  return c.body(null, 204);
}

/** Trickled candidates. An ICE restart is refused and the connection stays as it is. */
export async function patchWhepResource(c: Ctx): Promise<Response> {
  const caller = callerOf(c.req.raw, c.env);
  const viewer = resourceOf(c);
  if (mediaTypeOf(c.req.header("Content-Type") ?? null) !== TRICKLE_TYPE) {
    c.header("Accept-Patch", TRICKLE_TYPE);
    throw new SightlineError("unsupported-media-type", `A WHEP resource takes ${TRICKLE_TYPE}.`);
  }
  const fragment = parseFragment(await readText(c.req.raw, SDP_MAX_CHARS));
  const ifMatch = c.req.header("If-Match");
  if (ifMatch === undefined) throw new SightlineError("precondition-required");
  unwrap(await sessionOf(c).whepPatch(caller, viewer, { ...fragment, ifMatch }));
  return c.body(null, 204);
}

export async function deleteWhepResource(c: Ctx): Promise<Response> {
  unwrap(await sessionOf(c).whepLeave(callerOf(c.req.raw, c.env), resourceOf(c)));
  return c.body(null, 200);
}

async function readSdp(request: Request): Promise<string> {
  const sdp = await readText(request, SDP_MAX_CHARS);
  if (sdp === "") throw new SightlineError("bad-request", "The body is empty: POST an SDP offer.");
  return sdp;
}

/** @throws SightlineError `not-acceptable` */
function answerType(given: string, accept: string | null): string {
  const type = [given, SDP_TYPE, JSON_TYPE].find((each) => accepts(accept, each));
  if (type === undefined) {
    throw new SightlineError("not-acceptable", `The answer is ${SDP_TYPE} or ${JSON_TYPE}, and Accept takes neither.`);
  }
  return type;
}

function describeResource(c: Ctx, { viewer, iceServers }: WhepAnswer, iceTag: string): void {
  c.header("Location", `/api/sessions/${c.req.param("id")}/whep/${viewer}`);
  c.header("ETag", `"${iceTag}"`);
  c.header("Accept-Patch", TRICKLE_TYPE);
  for (const link of iceLinks(iceServers)) c.header("Link", link, { append: true });
}

/** @throws SightlineError `viewer-not-found` for what can be no resource */
function resourceOf(c: Ctx): string {
  const viewer = c.req.param("resource");
  if (!v.is(ViewerId, viewer)) throw new SightlineError("viewer-not-found");
  return viewer;
}
