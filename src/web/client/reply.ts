import * as v from "valibot";
import { decode } from "../../protocol/codec.ts";
import { ErrorBody, ErrorCode } from "../../protocol/errors.ts";
import { PostedAnswer } from "../../protocol/offer.ts";
import type { Notice } from "./errors.ts";
import type { Event } from "./model.ts";
import type { PostReply } from "./post.ts";
import { grant } from "./renewal.ts";

/**
 * What an edge's answer to a posted offer means. Anything that cannot be read, such as an older edge's 404 or a
 * proxy's page, is a refusal without a notice: the socket then says what is to be said.
 */
export function readReply(
  connection: number,
  reply: PostReply,
  nowMs: number,
): Extract<Event, { type: `post${string}` }> {
  const refused = { type: "post-refused", connection } as const;
  if (!reply) return refused;
  try {
    if (reply.status !== 200) return { ...refused, notice: noticeIn(reply.text) };
    const { iceServers, iceTtlMs, ...answer } = decode(PostedAnswer, reply.text);
    if (answer.connection !== connection) return refused;
    return { type: "posted", connection, answer, grant: grant(iceServers, iceTtlMs, nowMs) };
  } catch {
    return refused;
  }
}

function noticeIn(text: string): Notice | undefined {
  const { error } = decode(ErrorBody, text);
  return v.is(ErrorCode, error.code) ? { code: error.code, message: error.message } : undefined;
}
