import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { equalBytes, fromBase64Url, toBase64Url, utf8 } from "./bytes.ts";
import type { Role } from "./ids.ts";
import { PROTOCOL_VERSION } from "./limits.ts";

/** What an SDP proof binds together; change any part and the proof fails. */
export interface ProofInput {
  sessionId: string;
  /** Empty for a standby, which is any viewer's. */
  viewerId: string;
  role: Role;
  type: "offer" | "answer" | "standby";
  /** The exact text that crosses the wire; of a standby its own. */
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

function mac(proofKey: Uint8Array, { sdp, ...input }: ProofInput): Uint8Array {
  return hmac(sha256, proofKey, proofMessage({ ...input, sdpHash: hashSdp(sdp) }));
}

/** What the HMAC of a proof is made over, for runtimes that have a faster one; `sdpHash` as of {@link hashSdp}. */
export function proofMessage(input: Omit<ProofInput, "sdp"> & { sdpHash: string }): Uint8Array<ArrayBuffer> {
  const parts = [
    `sightline sdp proof ${PROTOCOL_VERSION}`,
    input.sessionId,
    input.viewerId,
    input.role,
    input.type,
    input.sdpHash,
    input.offerHash ?? "",
  ].map(utf8);
  const message = new Uint8Array(parts.reduce((sum, { length }) => sum + 4 + length, 0));
  const view = new DataView(message.buffer);
  let at = 0;
  for (const part of parts) {
    view.setUint32(at, part.length);
    message.set(part, at + 4);
    at += 4 + part.length;
  }
  return message;
}
