import type { Context } from "hono";
import { LINES_TYPE } from "../../protocol/mime.ts";
import { PostOffer } from "../../protocol/offer.ts";
import { callerOf } from "../auth.ts";
import { readBody } from "../body.ts";
import type { Env } from "../env.ts";
import { unwrap } from "../session/reply.ts";
import { sessionOf } from "./sessions.ts";

/**
 * `POST /api/sessions/ID/offer`: the page's offer on the connection that brought the page, while its socket still
 * opens. Stays open until the sender answers; a lost one may be repeated and gets the same answer.
 */
export async function postOffer(c: Context<{ Bindings: Env }>): Promise<Response> {
  const caller = callerOf(c.req.raw, c.env);
  const offer = await readBody(c.req.raw, PostOffer);
  const posted = unwrap(await sessionOf(c).offer(caller, offer));
  return posted instanceof ReadableStream ? c.body(posted, 200, { "Content-Type": LINES_TYPE }) : c.json(posted);
}
