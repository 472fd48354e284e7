/**
 * Browsers show the frame that this runs in, and so load it, only while the page is shown without its style sheet. That is
 * when something on the way, such as a proxy that shortens pages, has altered the page's inner script or style sheet, so
 * that the Content-Security-Policy no longer allows it. Without its script the page gets both from files of their own; with
 * it, and in a page as it should be, which Firefox loads this in too, this does nothing.
 */
function mend(page: Document): void {
  // The inner script hides everything at once, and takes the style sheet out of its template before it shows it again.
  const hasBegun = page.documentElement.hidden || !page.querySelector("template");
  const script = page.querySelector<HTMLMetaElement>("meta[name=sightline-script]");
  if (hasBegun || !script) return;
  page.head.append(Object.assign(page.createElement("script"), { type: "module", src: script.content }));
  // Last, for with it this frame is gone.
  page.head.append(Object.assign(page.createElement("link"), { rel: "stylesheet", href: "/page.css" }));
}

if (window.parent !== window) mend(window.parent.document);
