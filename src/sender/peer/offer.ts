import { utf8 } from "../../protocol/bytes.ts";
import { SightlineError } from "../../protocol/errors.ts";
import { CANDIDATES_MAX, MESSAGE_MAX_BYTES, SDP_MAX_CHARS } from "../../protocol/limits.ts";

/** Video, audio and data, and some to spare: outside a BUNDLE group each opens sockets of its own. */
const MEDIA_SECTIONS_MAX = 8;

/** @throws for an offer that would cost this machine more sockets and checks than a viewer is worth */
export function requireModest(offerSdp: string): void {
  if (count(offerSdp, /^m=/gm) > MEDIA_SECTIONS_MAX) throw new Error("the offer has too many media sections");
  if (candidatesIn(offerSdp) > CANDIDATES_MAX) throw new Error("the offer has too many candidates");
}

export function candidatesIn(sdp: string): number {
  return count(sdp, /^a=candidate:/gm);
}

function count(sdp: string, line: RegExp): number {
  return sdp.match(line)?.length ?? 0;
}

/** What a viewer would send with is of no use here: werift would make a receiver for each. */
export function withoutSources(offerSdp: string): string {
  return offerSdp.replace(/^a=ssrc(?:-group)?:.*\r?\n/gm, "");
}

/**
 * Firefox leaves the parameters of payload types behind that its offer no longer names, and werift cannot read such an
 * offer.
 */
export function withoutStrayFormats(offerSdp: string): string {
  let named: Set<string> | undefined;
  const kept = offerSdp.split(/(?<=\n)/).filter((line) => {
    if (line.startsWith("m=")) named = new Set(line.trim().split(" ").slice(3));
    const [, payloadType] = /^a=(?:rtpmap|fmtp|rtcp-fb):(\d+) /.exec(line) ?? [];
    return !named || payloadType === undefined || named.has(payloadType);
  });
  return kept.join("");
}

/** Beside the answer's text a message has names, a proof and two numbers. */
const ANSWER_MAX_BYTES = MESSAGE_MAX_BYTES - 1_024;

/**
 * An answer repeats much of what is offered. The edge would close the sender's socket over one that is too long.
 * @returns it
 * @throws SightlineError `bad-request` when no message may carry it
 */
export function requireFitting(answerSdp: string): string {
  const bytes = answerSdp.length > SDP_MAX_CHARS ? Number.POSITIVE_INFINITY : utf8(JSON.stringify(answerSdp)).length;
  if (bytes <= ANSWER_MAX_BYTES) return answerSdp;
  throw new SightlineError("bad-request", "The offer is so long that its answer would be too long to be sent.");
}
