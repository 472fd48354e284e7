import { createHmac, hash, timingSafeEqual } from "node:crypto";
import { fromBase64Url } from "../protocol/bytes.ts";
import { type ProofInput, proofMessage } from "../protocol/proof.ts";

// What `protocol/proof.ts` does, by Node's own hash: script that runs but three times for each viewer is interpreted, and
// that viewer waits for it.

export type HashedProofInput = Omit<ProofInput, "sdp"> & { sdpHash: string };

/** SHA-256 of an SDP's exact text, base64url. */
export function hashSdpNatively(sdp: string): string {
  return hash("sha256", sdp, "base64url");
}

/** HMAC-SHA-256 (RFC 2104) over all of it, base64url. */
export function makeProofNatively(proofKey: Uint8Array, input: HashedProofInput): string {
  return mac(proofKey, input).toString("base64url");
}

/** True when `proof` was made over `input` by a holder of the key; takes the same time wherever it differs. */
export function verifyProofNatively(proofKey: Uint8Array, input: HashedProofInput, proof: string | undefined): boolean {
  const given = proof === undefined ? undefined : fromBase64Url(proof);
  const due = mac(proofKey, input);
  return given?.length === due.length && timingSafeEqual(due, given);
}

function mac(proofKey: Uint8Array, input: HashedProofInput): Buffer {
  return createHmac("sha256", proofKey).update(proofMessage(input)).digest();
}
