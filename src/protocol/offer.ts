import * as v from "valibot";
import { IceReply } from "./http.ts";
import { ViewerId } from "./ids.ts";
import { ViewerAnswer, ViewerOffer } from "./messages.ts";

/** Offers that come by HTTP, and their answers. */

const { connection, sdp, proof } = ViewerOffer.entries;

/** `POST /api/sessions/ID/offer`: what the page would say on its socket, before that is open. */
export const PostOffer = v.object({ viewer: ViewerId, connection, sdp, proof });
export type PostOffer = v.InferOutput<typeof PostOffer>;

/** 200. Candidates that follow come on the viewer's socket. */
export const PostedAnswer = v.object({ ...ViewerAnswer.entries, ...IceReply.entries });
export type PostedAnswer = v.InferOutput<typeof PostedAnswer>;

/** The JSON form of a WHEP offer, as aiortc's examples send it; other fields, such as `detectorName`, are dropped. */
export const WhepJsonOffer = v.object({ type: v.literal("offer"), sdp });
export type WhepJsonOffer = v.InferOutput<typeof WhepJsonOffer>;

/** 201, with the same headers as the answer to `application/sdp`. */
export const WhepJsonAnswer = v.object({ status: v.literal("success"), type: v.literal("answer"), sdp });
export type WhepJsonAnswer = v.InferOutput<typeof WhepJsonAnswer>;

/** RFC 8840 section 10.1. */
export const TRICKLE_TYPE = "application/trickle-ice-sdpfrag";
export const SDP_TYPE = "application/sdp";
export const JSON_TYPE = "application/json";
