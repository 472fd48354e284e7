import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { equalBytes, fromBase64Url, toBase64Url, utf8 } from "./bytes.ts";
import type { Role } from "./ids.ts";
import { PROTOCOL_VERSION } from "./limits.ts";

/** What an SDP proof binds together; change any part and the proof fails. */
export interface ProofInput {
  sessionId: string;
  viewerId: string;
  role: Role;
  type: "offer" | "answer";
  /** The exact text that crosses the wire. */
  sdp: string;
  /** {@link hashSdp} of the offer that an answer answers; absent for an offer. */
  offerHash?: string;
}

/** SHA-256 of an SDP's exact text, base64url. */
export function hashSdp(sdp: string): string {
  return toBase64Url(sha256(utf8(sdp)));
}

/** HMAC-SHA-256 (RFC 2104) over every part, each with its length before it so that parts cannot shift. */
export function makeProof(proofKey: Uint8Array, input: ProofInput): string {
  return toBase64Url(mac(proofKey, input));
}

/** True when `proof` was made over `input` by a holder of the key; takes the same time wherever it differs. */
export function verifyProof(proofKey: Uint8Array, input: ProofInput, proof: string | undefined): boolean {
  const given = proof === undefined ? undefined : fromBase64Url(proof);
  return given !== undefined && equalBytes(mac(proofKey, input), given);
}

function mac(proofKey: Uint8Array, input: ProofInput): Uint8Array {
  const parts = [
    `sightline sdp proof ${PROTOCOL_VERSION}`,
    input.sessionId,
    input.viewerId,
    input.role,
    input.type,
    hashSdp(input.sdp),
    input.offerHash ?? "",
  ];
  const state = hmac.create(sha256, proofKey);
  for (const part of parts) {
    const bytes = utf8(part);
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, bytes.length);
    state.update(length).update(bytes);
  }
  return state.digest();
}
