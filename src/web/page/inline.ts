import { fromBase64Url, randomToken } from "../../protocol/bytes.ts";
import { expandLinkSecret } from "../../protocol/link-keys.ts";
import { type Ahead, offerOn, openAhead } from "../client/ahead.ts";
import { keepEvents } from "../client/early-socket.ts";
import { signalingAddress } from "../client/handshake.ts";
import { Player } from "../client/player.ts";
import { loadRest, type Progress, parsed } from "./rest.ts";
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

const runtime = {
  fetch: (url: string, init: RequestInit) => fetch(url, init),
  nowMs: () => performance.now(),
  openPeerConnection: (configuration: RTCConfiguration) => new RTCPeerConnection(configuration),
};

/** What the address bar holds, once it is known to be a link. */
function readLink() {
  const sessionId = /^\/s\/([A-Za-z0-9_-]{3,64})\/?$/.exec(location.pathname)?.[1];
  const [, marker, secret = ""] = /^#(operator\.)?([A-Za-z0-9_-]{22})$/.exec(location.hash) ?? [];
  const bytes = fromBase64Url(secret);
  if (!sessionId || bytes?.length !== 16) return undefined;
  const role = marker ? "operator" : "viewer";
  return () => ({
    link: { origin: location.origin, sessionId, role, secret } as const,
    keys: expandLinkSecret(sessionId, role, bytes),
    viewerId: randomToken(16),
  });
}

/** After the offer, for its candidates follow it there. */
async function openSocket(ahead: Ahead): Promise<void> {
  await ahead.sdp;
  const { url, protocols } = signalingAddress(ahead.identity);
  ahead.socket = keepEvents(new WebSocket(url, protocols), () => performance.now());
}

/**
 * Nothing of the page is styled and laid out before the offer is on its way, for that takes the same thread. Until then,
 * and until the sheet is here, nothing is shown, as with any style sheet.
 */
async function styleAfter(offered: Promise<unknown>): Promise<void> {
  const root = document.documentElement;
  root.hidden = true;
  await offered.catch(() => undefined);
  await parsed();
  const sheet = document.querySelector<HTMLLinkElement>("link[media]");
  if (sheet) {
    if (!sheet.sheet) await new Promise((resolve) => (sheet.onload = sheet.onerror = resolve));
    sheet.media = "all";
  }
  root.hidden = false;
}

function holdWords(): void {
  const { dataset } = document.documentElement;
  dataset.opening = "true";
  setTimeout(() => delete dataset.opening, WORDS_AFTER_MS);
}

/** Puts the picture on show as soon as there is one. */
function showPicture(ahead: Ahead): Promise<void> {
  return new Promise((resolve) => {
    ahead.opening.connection.ontrack = async ({ track }) => {
      await parsed();
      const video = document.querySelector("video");
      if (!video || window.sightlineAhead !== ahead) return;
      ahead.player = new Player(video, runtime.nowMs);
      ahead.player.show(track);
      ahead.player.whenPresented(() => resolve());
    };
  });
}

/** Of an answer that is not genuine nothing follows. */
async function answered(ahead: Ahead): Promise<void> {
  await ahead.reply;
  if (ahead.answeredAtMs === undefined) throw new Error("there is no answer");
}

/** The browser asks its other processes for the network by way of this thread: it is left to it for a turn. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

async function begin(): Promise<(Progress & { offered: Promise<unknown> }) | undefined> {
  const identify = readLink();
  const urls = stunUrls();
  if (!identify || !urls || typeof RTCPeerConnection === "undefined") return undefined;
  const opened = openAhead(urls, runtime);
  if (!opened) return undefined;
  holdWords();
  await nextTurn();
  const ahead = offerOn(opened, identify, runtime);
  window.sightlineAhead = ahead;
  openSocket(ahead).catch(() => undefined);
  return { offered: ahead.sdp, answered: answered(ahead), connected: ahead.connected, shown: showPicture(ahead) };
}

const begun = begin();
loadRest(begun);
styleAfter(begun.then((progress) => progress?.offered));
