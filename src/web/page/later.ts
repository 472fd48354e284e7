/** So long after the first picture; what is fetched with it would take the network from the next ones. */
const AFTER_MS = 500;

let asked = false;

/** Fetches what nobody needs before there is a picture; to be called when there is. */
export function loadLater(): void {
  if (asked) return;
  asked = true;
  setTimeout(() => {
    const sheet = document.createElement("link");
    sheet.rel = "stylesheet";
    sheet.href = "/stats-overlay.css";
    const script = document.createElement("script");
    script.type = "module";
    script.src = "/stats-overlay.js";
    document.head.append(sheet, script);
  }, AFTER_MS);
}
