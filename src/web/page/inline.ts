import { fromBase64Url, randomToken } from "../../protocol/bytes.ts";
import { type Ahead, offerOn, openAhead } from "../client/ahead.ts";
import { keepEvents } from "../client/early-socket.ts";
import { type Identity, signalingAddress } from "../client/handshake.ts";
import { expandNatively } from "../client/native-crypto.ts";
import { Player } from "../client/player.ts";
import { type HandedOver, handOver } from "./handover.ts";
import { loadRest, type Progress, parsed, timeForSocket } from "./rest.ts";
import { sessionIdIn } from "./session-path.ts";
import { endWhenStanding } from "./standing.ts";
import { stunUrls } from "./stun.ts";
import { stylePage } from "./style.ts";

/**
 * The script inside the page: sends the offer with the page's first bytes, a round trip before page.js is there. The
 * build puts it into page.html, so it stays small. A link that it cannot use it leaves to page.js, which says why.
 */
declare global {
  interface Window {
    /** The offer that left already, for page.js to go on with. */
    sightlineAhead?: HandedOver | undefined;
  }
}

/** Words come only when there is no picture by then: few read them in less time, and to lay them out takes from it. */
const WORDS_AFTER_MS = 400;

const runtime = {
  fetch: (url: string, init: RequestInit) => fetch(url, init),
  nowMs: () => performance.now(),
  openPeerConnection: (configuration: RTCConfiguration) => new RTCPeerConnection(configuration),
};

/** What tells who this viewer is, where the address bar holds a link. */
function readLink(): (() => Promise<Identity>) | undefined {
  const sessionId = sessionIdIn(location.pathname);
  const [, marker, secret = ""] = /^#(operator\.)?([A-Za-z0-9_-]{22})$/.exec(location.hash) ?? [];
  const bytes = fromBase64Url(secret);
  if (!sessionId || bytes?.length !== 16) return undefined;
  const role = marker ? "operator" : "viewer";
  const link = { origin: location.origin, sessionId, role, secret } as const;
  return async () => ({ link, keys: await expandNatively(sessionId, role, bytes), viewerId: randomToken(16) });
}

/** After the offer, for its candidates follow it there. */
async function openSocket(ahead: Ahead, progress: Progress): Promise<void> {
  await progress.offered;
  await timeForSocket(progress);
  // page.js opens its own where it took over already, or let go of this offer.
  if (window.sightlineAhead !== ahead) return;
  const { url, protocols } = signalingAddress(ahead.identity);
  ahead.socket = keepEvents(new WebSocket(url, protocols), () => performance.now());
}

/** Where there is a picture page.js ends it, which may be longer in coming, with words that fit; or the picture's standing. */
function holdWords(): { keep(): void } {
  const { dataset } = document.documentElement;
  dataset.opening = "true";
  const end = () => delete dataset.opening;
  const timer = setTimeout(end, WORDS_AFTER_MS);
  return {
    keep: () => {
      clearTimeout(timer);
      endWhenStanding(end);
    },
  };
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

/** Of an offer that cannot be made or proved: page.js begins anew, unless it has it already, and hears of it. */
function letGo(ahead: HandedOver): void {
  if (window.sightlineAhead !== ahead) return;
  window.sightlineAhead = undefined;
  ahead.close();
}

async function begin(): Promise<Progress | undefined> {
  const identify = readLink();
  const urls = stunUrls();
  if (!identify || !urls || typeof RTCPeerConnection === "undefined") return undefined;
  // Before the keys: the browser asks its other processes for the network meanwhile.
  const opened = openAhead(urls, runtime);
  if (!opened) return undefined;
  const words = holdWords();
  const who = await Promise.all([identify(), nextTurn()]).catch((error) => {
    opened.opening.connection.close();
    throw error;
  });
  const ahead = handOver(offerOn(opened, who[0], runtime));
  window.sightlineAhead = ahead;
  ahead.sent.catch(() => letGo(ahead));
  const progress = {
    offered: ahead.sent,
    answered: answered(ahead),
    connected: ahead.connected,
    shown: showPicture(ahead),
  };
  progress.shown.then(() => words.keep());
  openSocket(ahead, progress).catch(() => undefined);
  return progress;
}

const begun = begin();
loadRest(begun);
stylePage(begun);
