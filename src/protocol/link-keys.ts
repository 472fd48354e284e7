import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { toBase64Url, utf8 } from "./bytes.ts";
import type { Role } from "./ids.ts";

/** What both ends derive from a link secret. */
export interface LinkKeys {
  role: Role;
  /** Shown to the edge, which keeps only its SHA-256. */
  joinToken: string;
  /** Never leaves the two ends. */
  proofKey: Uint8Array;
}

/** Which output is which, to HKDF: its info. */
export function keyInfos(role: Role): Record<"joinToken" | "proofKey", Uint8Array<ArrayBuffer>> {
  return { joinToken: utf8(`sightline/1 ${role} join token`), proofKey: utf8(`sightline/1 ${role} proof key`) };
}

/**
 * HKDF-SHA-256 (RFC 5869) of the secret, salted with the session id, one info string an output. Apart from `link.ts`,
 * for the script inside the page, which must be small and so goes without the schemas.
 * @param secret 16 bytes
 */
export function expandLinkSecret(sessionId: string, role: Role, secret: Uint8Array): LinkKeys {
  const salt = utf8(sessionId);
  const infos = keyInfos(role);
  return {
    role,
    joinToken: toBase64Url(hkdf(sha256, secret, salt, infos.joinToken, 32)),
    proofKey: hkdf(sha256, secret, salt, infos.proofKey, 32),
  };
}
