import type { Figure } from "./figures.ts";
import type { Words } from "./words.ts";

function element<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no #${id}.`);
  return found as T;
}

export const video = element<HTMLVideoElement>("video");
export const retryButton = element<HTMLButtonElement>("retry");
export const playButton = element<HTMLButtonElement>("play");
export const fullscreenButton = element<HTMLButtonElement>("fullscreen");
const notice = document.querySelector(".notice");
const status = element("status");
const title = element("title");
const detail = element("detail");
const session = element("session");
const figures = element("figures");

let retryTimer: ReturnType<typeof setTimeout> | undefined;
let shownTitle: string | undefined;

/** Screen readers say what changes in a part of the page that they know, a moment after it is on show. */
const KNOWN_AFTER_MS = 100;
let knownAtMs = 0;
let statusTimer: ReturnType<typeof setTimeout> | undefined;

function showStatus(text: string): void {
  clearTimeout(statusTimer);
  const leftMs = knownAtMs - performance.now();
  if (leftMs > 0) statusTimer = setTimeout(() => setText(status, text), leftMs);
  else setText(status, text);
}

/** Puts a state's words on the page. */
export function showWords(words: Words): void {
  document.body.dataset.tone = words.tone;
  showStatus(words.status);
  // While they fade out the last words stay in place; numbers of a stopped picture must not.
  if (words.title) {
    setText(title, words.title);
    setText(detail, words.detail ?? "");
    showFigures([]);
  }
  document.body.dataset.notice = String(words.title !== undefined);
  document.title = words.tone === "live" ? "Sightline" : `${words.status} · Sightline`;
  if (words.title === shownTitle && words.title !== undefined) return;
  shownTitle = words.title;
  clearTimeout(retryTimer);
  // Who reads by ear or by keyboard would otherwise stand at the page's beginning when the button goes, or all the words.
  if (words.title === undefined) moveFrom(notice);
  else if (document.activeElement === retryButton) title.focus();
  retryButton.hidden = words.retryAfterMs !== 0;
  if (words.retryAfterMs) retryTimer = setTimeout(() => (retryButton.hidden = false), words.retryAfterMs);
}

export function showSession(id: string): void {
  setText(session, id);
}

/** Whether there is a picture, perhaps an old one, behind the words. */
export function showPicture(present: boolean): void {
  document.body.dataset.picture = String(present);
}

/** Ends the moment in which only a picture is shown; the script inside the page ends it in time by itself. */
export function showAll(): void {
  const { dataset } = document.documentElement;
  if (dataset.opening === undefined) return;
  delete dataset.opening;
  knownAtMs = performance.now() + KNOWN_AFTER_MS;
}

export function showPlayButton(blocked: boolean): void {
  if (!blocked) moveFrom(playButton);
  playButton.hidden = !blocked;
}

/** To the picture, which has come in the place of what goes. */
function moveFrom(leaving: Element | null): void {
  if (leaving?.contains(document.activeElement)) video.focus();
}

/** The same elements each time: what one means stays on show while the pointer rests on it. */
export function showFigures(list: Figure[]): void {
  while (figures.children.length > list.length) figures.lastElementChild?.remove();
  while (figures.children.length < list.length) figures.append(document.createElement("li"));
  for (const [i, { text, meaning }] of list.entries()) {
    const item = figures.children[i] as HTMLElement;
    setText(item, text);
    if (item.title !== meaning) item.title = meaning;
  }
}

/** Writing the same text again would make screen readers say it again. */
function setText(node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}
