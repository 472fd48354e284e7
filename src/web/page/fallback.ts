/**
 * Browsers show the frame that this runs in, and so load it, only while the page is shown without its style sheet. That is
 * when something on the way, such as a proxy that shortens pages, has altered the page's inner script or style sheet, so
 * that the Content-Security-Policy no longer allows it: the page then gets both from files of their own. Firefox loads it
 * always; in a page as it should be this does nothing.
 */
function mend(page: Document): void {
  const sheet = page.querySelector<HTMLStyleElement>("style[media]");
  // The inner script hides everything at once, and applies the style sheet before it shows it again.
  const hasBegun = page.documentElement.hidden || sheet?.media === "all";
  const script = page.querySelector<HTMLMetaElement>("meta[name=sightline-script]");
  if (!hasBegun && script)
    page.head.append(Object.assign(page.createElement("script"), { type: "module", src: script.content }));
  // Last, for with it this frame is gone. A sheet that is not allowed is none.
  if (!hasBegun || !sheet?.sheet)
    page.head.append(Object.assign(page.createElement("link"), { rel: "stylesheet", href: "/page.css" }));
}

if (window.parent !== window) mend(window.parent.document);
