import { SUBPROTOCOL, SUBPROTOCOL_TOKEN, SUBPROTOCOL_VIEWER } from "../../protocol/limits.ts";
import type { Link, LinkKeys } from "../../protocol/link.ts";
import { hashSdp, makeProof, verifyProof } from "../../protocol/proof.ts";

/** Who this viewer is towards the sender: what every SDP proof binds to. */
export interface Identity {
  link: Link;
  keys: LinkKeys;
  viewerId: string;
}

/** Where the WebSocket opens, and what is said there: a token in a URL would end up in logs. */
export function signalingAddress({ link, keys, viewerId }: Identity): { url: string; protocols: string[] } {
  return {
    url: `${link.origin.replace(/^http/, "ws")}/api/sessions/${link.sessionId}/signal`,
    protocols: [SUBPROTOCOL, SUBPROTOCOL_TOKEN + keys.joinToken, SUBPROTOCOL_VIEWER + viewerId],
  };
}

/** The proof to send beside an offer of exactly this text. */
export function proveOffer({ link, keys, viewerId }: Identity, sdp: string): string {
  return makeProof(keys.proofKey, { sessionId: link.sessionId, viewerId, role: link.role, type: "offer", sdp });
}

/** True when whoever wrote the answer holds the link's secret and answered this very offer. */
export function isGenuineAnswer(
  { link, keys, viewerId }: Identity,
  offerSdp: string,
  answer: { sdp: string; proof: string | undefined },
): boolean {
  const input = {
    sessionId: link.sessionId,
    viewerId,
    role: link.role,
    type: "answer",
    sdp: answer.sdp,
    offerHash: hashSdp(offerSdp),
  } as const;
  return verifyProof(keys.proofKey, input, answer.proof);
}
