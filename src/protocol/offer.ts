import * as v from "valibot";
import { IceReply } from "./http.ts";
import { ViewerId } from "./ids.ts";
import { ViewerAnswer, ViewerOffer } from "./messages.ts";
import { HandedStandby } from "./standby.ts";

/** Offers that come by HTTP, and their answers. */

const { connection, sdp, proof } = ViewerOffer.entries;

/** `POST /api/sessions/ID/offer`: what the page would say on its socket, before that is open. */
export const PostOffer = v.object({
  viewer: ViewerId,
  connection,
  sdp,
  proof,
  /** The page can use a standby: the reply may then be two lines, see {@link PostedStandby}. */
  standby: v.optional(v.boolean()),
});
export type PostOffer = v.InferOutput<typeof PostOffer>;

/** 200. Candidates that follow come on the viewer's socket. */
export const PostedAnswer = v.object({ ...ViewerAnswer.entries, ...IceReply.entries });
export type PostedAnswer = v.InferOutput<typeof PostedAnswer>;

/**
 * 200 of type `LINES_TYPE`: the first line, at once. The second is a {@link PostedAnswer} when the sender has answered,
 * or an error's body.
 */
export const PostedStandby = v.object({ standby: HandedStandby });
export type PostedStandby = v.InferOutput<typeof PostedStandby>;

/** The JSON form of a WHEP offer, as aiortc's examples send it; other fields, such as `detectorName`, are dropped. */
export const WhepJsonOffer = v.object({ type: v.literal("offer"), sdp });
export type WhepJsonOffer = v.InferOutput<typeof WhepJsonOffer>;

/** 201, with the same headers as the answer to `application/sdp`. */
export const WhepJsonAnswer = v.object({ status: v.literal("success"), type: v.literal("answer"), sdp });
export type WhepJsonAnswer = v.InferOutput<typeof WhepJsonAnswer>;
