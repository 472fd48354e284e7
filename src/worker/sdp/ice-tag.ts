import { sha256 } from "@noble/hashes/sha2.js";
import { toBase64Url, utf8 } from "../../protocol/bytes.ts";
import { SightlineError } from "../../protocol/errors.ts";
import { attribute, sectionsOf } from "./lines.ts";

/**
 * Names an ICE session by the user fragment and password of whoever offered it (RFC 8839), so that the ETag of a
 * WHEP resource also tells a trickled candidate from an ICE restart. 128 bits, base64url; the password does not show.
 */
export function iceTag(ufrag: string, password: string): string {
  return toBase64Url(sha256(utf8(`${ufrag} ${password}`)).subarray(0, 16));
}

/**
 * The {@link iceTag} of an offer: that of its first media section with credentials, which is where the candidates of
 * the whole bundle belong.
 * @throws SightlineError `bad-request` for what is no offer of a WebRTC peer
 */
export function iceTagOfOffer(sdp: string): string {
  const [session = [], ...media] = sectionsOf(sdp) ?? [];
  if (session[0] !== "v=0" || media.length === 0) {
    throw new SightlineError("bad-request", "The body is not an SDP offer: it needs v=0 and at least one m= line.");
  }
  const tag = media.map((section) => tagOfSection(section, session)).find((found) => found !== undefined);
  if (tag !== undefined) return tag;
  throw new SightlineError("bad-request", "The SDP offer has no a=ice-ufrag and a=ice-pwd.");
}

/** A media section's own credentials count before the session's (RFC 8839 section 5.4). */
export function tagOfSection(section: readonly string[], session: readonly string[]): string | undefined {
  const ufrag = attribute(section, "ice-ufrag") ?? attribute(session, "ice-ufrag");
  const password = attribute(section, "ice-pwd") ?? attribute(session, "ice-pwd");
  return ufrag !== undefined && password !== undefined ? iceTag(ufrag, password) : undefined;
}
