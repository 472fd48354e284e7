import { fromBase64Url, randomToken } from "../../protocol/bytes.ts";
import { expandLinkSecret } from "../../protocol/link-keys.ts";
import { type Ahead, offerAhead } from "../client/ahead.ts";
import { keepEvents } from "../client/early-socket.ts";
import { signalingAddress } from "../client/handshake.ts";
import { loadRest } from "./rest.ts";
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

/** Words come only when there is no picture by then: few read them in less time, and to lay them out takes from it. */
const WORDS_AFTER_MS = 400;

function begin(): Ahead | undefined {
  const sessionId = /^\/s\/([A-Za-z0-9_-]{3,64})\/?$/.exec(location.pathname)?.[1];
  const [, marker, secret = ""] = /^#(operator\.)?([A-Za-z0-9_-]{22})$/.exec(location.hash) ?? [];
  const bytes = fromBase64Url(secret);
  const urls = stunUrls();
  if (!sessionId || bytes?.length !== 16 || !urls || typeof RTCPeerConnection === "undefined") return undefined;
  const role = marker ? "operator" : "viewer";
  const identify = () => ({
    link: { origin: location.origin, sessionId, role, secret } as const,
    keys: expandLinkSecret(sessionId, role, bytes),
    viewerId: randomToken(16),
  });
  return offerAhead(identify, urls, {
    fetch: (url, init) => fetch(url, init),
    nowMs: () => performance.now(),
    openPeerConnection: (configuration) => new RTCPeerConnection(configuration),
  });
}

/** After the offer, for its candidates follow it there. */
async function openSocket(ahead: Ahead): Promise<void> {
  await ahead.sdp;
  const { url, protocols } = signalingAddress(ahead.identity);
  ahead.socket = keepEvents(new WebSocket(url, protocols), () => performance.now());
}

function holdWords(): void {
  const { dataset } = document.documentElement;
  dataset.opening = "true";
  setTimeout(() => delete dataset.opening, WORDS_AFTER_MS);
}

let ahead: Ahead | undefined;
try {
  ahead = begin();
  if (ahead) {
    window.sightlineAhead = ahead;
    openSocket(ahead).catch(() => undefined);
    holdWords();
  }
} finally {
  loadRest(ahead?.reply);
}
