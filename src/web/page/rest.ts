/** What the browser makes by itself; an extension may keep it from ever doing so. */
const OFFER_AWAITED_MS = 1_000;
/** On a network slower than that the time is waited out anyway, and better used. */
const ANSWER_AWAITED_MS = 250;
/** After the answer. By then page.js may be what the path waits for: it tells the sender this end's addresses. */
const PATH_AWAITED_MS = 100;
/** After the path. */
export const PICTURE_AWAITED_MS = 250;

/**
 * A picture from near is here within that time of the offer's leaving, and until then this thread, the edge and the
 * processors are left to it. From afar what must be fetched besides is not to wait for it.
 */
const SCRIPT_FETCHED_MS = 100;
/** Where there is no path by then: it takes three round trips until it can tell the sender this end's addresses. */
const SOCKET_OPENED_MS = 50;
/** Between two tries to load page.js: without it nobody watches over the picture, or says why there is none. */
const SCRIPT_RETRY_MS = 2_000;

/** How far the first connection is; each may never come. */
export interface Progress {
  /** The offer left. */
  offered: Promise<unknown>;
  answered: Promise<unknown>;
  connected: Promise<unknown>;
  shown: Promise<unknown>;
}

/**
 * Starts page.js, once the page is read and the first picture is on show, or has been waited for long enough. Starting it
 * takes the thread by which the browser asks its other processes for sockets and names, and a processor from those that
 * shake hands and decode.
 */
export async function loadRest(begun: Promise<Progress | undefined>): Promise<void> {
  const progress = begun.catch(() => undefined);
  await Promise.all([
    parsed(),
    progress.then((so) => so && soon(so, so.shown, SCRIPT_FETCHED_MS)).catch(() => undefined),
  ]);
  const { head } = document;
  const { content: src } = head.querySelector<HTMLMetaElement>("meta[name=sightline-script]") as HTMLMetaElement;
  head.append(Object.assign(document.createElement("link"), { rel: "modulepreload", href: src }));
  await progress.then((so) => so && far(so)).catch(() => undefined);
  start(src, 1);
}

/** So many tries, and a person is told. */
const TOLD_AFTER = 3;

/** By another address each time: browsers remember that a module could not be loaded. */
function start(src: string, attempt: number): void {
  const onerror = () => {
    setTimeout(() => start(src, attempt + 1), SCRIPT_RETRY_MS);
    const detail = attempt >= TOLD_AFTER && document.getElementById("detail");
    if (detail) detail.textContent = "A part of this page does not load. Check your network; this keeps trying.";
  };
  const address = attempt > 1 ? `${src}&attempt=${attempt}` : src;
  document.head.append(Object.assign(document.createElement("script"), { type: "module", src: address, onerror }));
}

/** When there is no path yet, which the socket may be needed for; where there is one, with the picture. Never rejects. */
export function timeForSocket(progress: Progress): Promise<unknown> {
  return soon(progress, progress.connected, SOCKET_OPENED_MS)
    .then(() => within(PICTURE_AWAITED_MS, progress.shown))
    .catch(() => undefined);
}

/** @throws when that is not reached within that time of the offer's leaving, or will not be for want of a genuine answer */
async function soon({ offered, answered }: Progress, reached: Promise<unknown>, ms: number): Promise<void> {
  await within(OFFER_AWAITED_MS, offered);
  await within(ms, Promise.all([answered, reached]));
}

/** The page is read: its elements are there. */
export function parsed(): Promise<unknown> {
  if (document.readyState !== "loading") return Promise.resolve();
  return new Promise((resolve) => document.addEventListener("DOMContentLoaded", resolve, { once: true }));
}

async function far({ answered, connected, shown }: Progress): Promise<void> {
  await within(ANSWER_AWAITED_MS, answered);
  await within(PATH_AWAITED_MS, connected);
  await within(PICTURE_AWAITED_MS, shown);
}

/** @throws when it fails, or is not there within that time */
export function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  return Promise.race([promise, new Promise<never>((_, reject) => setTimeout(reject, ms))]);
}
