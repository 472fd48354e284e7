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

/** What a proof of this viewer's binds, but for the SDPs. */
export function proofInput<Type extends "offer" | "answer">({ link, viewerId }: Identity, type: Type) {
  return { sessionId: link.sessionId, viewerId, role: link.role, type };
}

/** The proof to send beside an offer of exactly this text. */
export function proveOffer(identity: Identity, sdp: string): string {
  return makeProof(identity.keys.proofKey, { ...proofInput(identity, "offer"), sdp });
}

/** True when whoever wrote the answer holds the link's secret and answered this very offer. */
export function isGenuineAnswer(
  identity: Identity,
  offerSdp: string,
  { sdp, proof }: { sdp: string; proof: string | undefined },
): boolean {
  const input = { ...proofInput(identity, "answer"), sdp, offerHash: hashSdp(offerSdp) };
  return verifyProof(identity.keys.proofKey, input, proof);
}
