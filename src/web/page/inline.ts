import { fromBase64Url, randomToken } from "../../protocol/bytes.ts";
import { expandLinkSecret } from "../../protocol/link-keys.ts";
import { type Ahead, offerAhead } from "../client/ahead.ts";
import { stunUrls } from "./stun.ts";

/**
 * The script inside the page: sends the offer with the page's first bytes, a round trip before page.js is there. The
 * build puts it into page.html, so it stays small. A link that it cannot use it leaves to page.js, which says why.
 */
declare global {
  interface Window {
    /** The offer that left already, for page.js to go on with. */
    sightlineAhead?: Ahead | undefined;
  }
}

const sessionId = /^\/s\/([A-Za-z0-9_-]{3,64})\/?$/.exec(location.pathname)?.[1];
const [, marker, secret = ""] = /^#(operator\.)?([A-Za-z0-9_-]{22})$/.exec(location.hash) ?? [];
const bytes = fromBase64Url(secret);
const urls = stunUrls();

if (sessionId && bytes?.length === 16 && urls && typeof RTCPeerConnection !== "undefined") {
  const role = marker ? "operator" : "viewer";
  const identify = () => ({
    link: { origin: location.origin, sessionId, role, secret } as const,
    keys: expandLinkSecret(sessionId, role, bytes),
    viewerId: randomToken(16),
  });
  window.sightlineAhead = offerAhead(identify, urls, {
    fetch: (url, init) => fetch(url, init),
    nowMs: () => performance.now(),
    openPeerConnection: (configuration) => new RTCPeerConnection(configuration),
  });
}
