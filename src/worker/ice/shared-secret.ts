import { hmac } from "@noble/hashes/hmac.js";
import { sha1 } from "@noble/hashes/legacy.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { randomToken, toBase64Url, utf8 } from "../../protocol/bytes.ts";
import type { IceRequest, LocalProvider } from "./provider.ts";

export interface SharedSecretOptions {
  urls: string[];
  secret: string;
  ttlMs: number;
}

/**
 * Credentials that a TURN server checks by itself, with a secret it shares with the edge: coturn's
 * `use-auth-secret`, draft-uberti-behave-turn-rest-00. They cannot be revoked, so their life should be short.
 */
export function sharedSecretProvider({ urls, secret, ttlMs }: SharedSecretOptions): LocalProvider {
  return {
    grant(request, nowMs) {
      const expiresAtSeconds = Math.floor((nowMs + ttlMs) / 1_000);
      const username = `${expiresAtSeconds}:${request.sessionId}.${participant(request)}`;
      const credential = toBase64(hmac(sha1, utf8(secret), utf8(username)));
      return { iceServers: [{ urls, username, credential }], expiresAtMs: expiresAtSeconds * 1_000 };
    },
  };
}

/**
 * Tells participants apart in the TURN server's log. User names cross the network in the clear, so a viewer's id,
 * which lets its holder act as that viewer, stands there only as a digest.
 */
function participant({ sessionId, as, viewer, onDemand }: IceRequest): string {
  if (viewer === undefined) return onDemand ? `${as}-${randomToken(6)}` : as;
  const digest = sha256(utf8(`sightline turn participant ${sessionId} ${viewer}`)).subarray(0, 9);
  return `${as}-${toBase64Url(digest)}`;
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
