import { PICTURE_AWAITED_MS, type Progress, parsed, within } from "./rest.ts";

/** Whatever keeps the offer from leaving: a page that stays hidden could not even say so. */
const SHOWN_ANYWAY_MS = 1_000;

/** The first picture where page.css will have it, and nothing else. */
const BARE =
  "html,body{height:100%;margin:0;background:#090b0e}" +
  "video{position:fixed;inset:0;width:100%;height:100%}" +
  "body>:not(main),main>:not(video){display:none}";

/**
 * Nothing of the page is styled, laid out and painted before the offer has left, and until the first picture is there, or
 * long in coming, nothing but its place: the style sheet's reading takes the same thread and the same processors. That
 * place is painted early, for browsers paint sixty times a second, and what was painted for a path just before the picture
 * would leave the picture to the next time.
 */
export async function stylePage(begun: Promise<Progress | undefined>): Promise<void> {
  const root = document.documentElement;
  root.hidden = true;
  const progress = await within(SHOWN_ANYWAY_MS, begun.then(offeredBy)).catch(() => undefined);
  await parsed();
  // Out of the page, so that fallback.ts sees that this script runs.
  const template = document.querySelector("template");
  template?.remove();
  // Safari before 16.4 has none.
  if (progress && "adoptedStyleSheets" in document) {
    const bare = new CSSStyleSheet();
    bare.replaceSync(BARE);
    document.adoptedStyleSheets = [bare];
    root.hidden = false;
    // Without a genuine answer there is something to say instead.
    await within(PICTURE_AWAITED_MS, Promise.all([progress.answered, progress.shown])).catch(() => undefined);
    document.adoptedStyleSheets = [];
  }
  apply(template);
  root.hidden = false;
}

async function offeredBy(progress: Progress | undefined): Promise<Progress | undefined> {
  await progress?.offered;
  return progress;
}

function apply(template: HTMLTemplateElement | null): void {
  const { head } = document;
  const sheet = template?.content.querySelector("style");
  if (sheet) head.append(sheet);
  // One that was altered on the way is not allowed, and is none.
  if (!sheet?.sheet)
    head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: "/page.css" }));
}
