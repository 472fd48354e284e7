/** On a network slower than that the time is waited out anyway, and better used. */
const ANSWER_AWAITED_MS = 250;
/** After the answer. By then page.js may be what the path waits for: it tells the sender this end's addresses. */
const PATH_AWAITED_MS = 100;
/** After the path. */
const PICTURE_AWAITED_MS = 250;

/** How far the first connection is; each may never come. */
export interface Progress {
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
  await Promise.all([parsed(), begun.then((progress) => progress && far(progress)).catch(() => undefined)]);
  const script = document.createElement("script");
  script.type = "module";
  script.src = "/page.js";
  document.head.append(script);
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
function within(ms: number, promise: Promise<unknown>): Promise<unknown> {
  return Promise.race([promise, new Promise((_, reject) => setTimeout(reject, ms))]);
}
