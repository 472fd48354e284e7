import "./start.ts";
import { formatLink, type Link, parseLink } from "../../protocol/link.ts";
import { connect, SightlineError, type Viewer } from "../client/index.ts";
import { figuresOf } from "./figures.ts";
import { leaveVideoFullscreen, setUpFullscreen } from "./fullscreen.ts";
import { isOfThisVersion } from "./handover.ts";
import { setUpIdle } from "./idle.ts";
import type {} from "./inline.ts";
import { loadLater } from "./later.ts";
import { sessionIdIn } from "./session-path.ts";
import { scriptStartMs } from "./start.ts";
import { stunUrls } from "./stun.ts";
import * as view from "./view.ts";
import { BROKEN, wordsFor } from "./words.ts";

declare global {
  interface Window {
    /** The page's public handle: `sightline.state`, `await sightline.stats()`, `sightline.retry()`. */
    sightline?: Viewer;
  }
}

const FIGURES_MS = 1_000;

/** Watches what the address bar says, in place of whatever was watched before. */
function watch(startedAtMs?: number): void {
  if (window.sightline) view.showPicture(false);
  window.sightline?.close();
  window.sightline = undefined;
  view.showPlayButton(false);
  view.showSession(sessionIdIn(location.pathname) ?? "");
  try {
    const viewer = connect(location.href, { video: view.video, startedAtMs, stunUrls: stunUrls(), ahead: takeAhead() });
    window.sightline = viewer;
    const showState = () => {
      if (window.sightline !== viewer) return;
      const { name } = viewer.state;
      if (name !== "connecting") view.showAll();
      if (name !== "live") leaveVideoFullscreen(view.video);
      view.showWords(wordsFor(viewer.state));
      if (name === "ended" || name === "failed") view.showPlayButton(false);
      view.showPicture(name === "live" || (viewer.stream !== undefined && name !== "ended" && name !== "failed"));
    };
    viewer.on("state", showState);
    viewer.on("autoplay-blocked", (blocked) => window.sightline === viewer && view.showPlayButton(blocked));
    viewer.on("stream", loadLater);
    showState();
  } catch (error) {
    view.showAll();
    if (!(error instanceof SightlineError)) {
      view.showWords(BROKEN);
      throw error;
    }
    view.showWords({
      ...wordsFor({ name: "failed", code: error.code, message: error.message }),
      ...(error.code === "bad-request" ? { title: "This link is incomplete" } : {}),
      retryAfterMs: undefined,
    });
  }
}

/** What the script inside the page began, unless that was made by another version, or another link is in the address bar. */
function takeAhead(): Window["sightlineAhead"] {
  const ahead = window.sightlineAhead;
  window.sightlineAhead = undefined;
  if (!ahead || (isOfThisVersion(ahead) && isInBar(ahead.identity.link))) return ahead;
  ahead.close();
  // What it had on show stands still from now on.
  view.showAll();
  return undefined;
}

/** Whatever else stands there: mail and chat programs add parameters of their own to links. */
function isInBar(link: Link): boolean {
  try {
    return formatLink(parseLink(location.href)) === formatLink(link);
  } catch {
    return false;
  }
}

async function refreshFigures(): Promise<void> {
  const viewer = window.sightline;
  if (document.hidden || viewer?.state.name !== "live") return;
  const stats = await viewer.stats();
  if (window.sightline === viewer && viewer.state.name === "live") view.showFigures(figuresOf(stats));
}

/** Who comes back to the page does not wait out a pause; a live picture is not disturbed. */
function nudge(): void {
  const name = window.sightline?.state.name;
  if (name !== "ended" && name !== "failed") window.sightline?.retry();
}

/** A browser may have paused the element, or refused to play it, while nobody could see it. */
function playAgain(): void {
  if (!document.hidden && view.video.paused && window.sightline?.stream) window.sightline.play();
}

setUpFullscreen(view.fullscreenButton, view.video);
setUpIdle(document.body);
view.retryButton.addEventListener("click", () => window.sightline?.retry());
view.playButton.addEventListener("click", () => window.sightline?.play());
window.addEventListener("hashchange", () => watch());
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  nudge();
  playAgain();
});
view.video.addEventListener("pause", playAgain);
// Telling the sender frees its side at once. A page that comes back from the browser's cache joins again.
window.addEventListener("pagehide", () => window.sightline?.close());
window.addEventListener("pageshow", (event) => {
  if (event.persisted) watch();
});
setInterval(refreshFigures, FIGURES_MS);
watch(scriptStartMs);
