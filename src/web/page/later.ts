/** So long after the first picture; what is fetched with it would take the network from the next ones. */
const AFTER_MS = 500;
/** Between two tries: nobody waits for it. */
const RETRY_MS = 5_000;

let asked = false;

/** Fetches what nobody needs before there is a picture; to be called when there is. */
export function loadLater(): void {
  if (asked) return;
  asked = true;
  setTimeout(() => load(1), AFTER_MS);
}

/** The style sheet first: without it the script's elements would stand anywhere. */
function load(attempt: number): void {
  // By another address each time: browsers remember that a module could not be loaded.
  const query = attempt > 1 ? `?attempt=${attempt}` : "";
  const again = (failed: HTMLElement[]) => {
    for (const element of failed) element.remove();
    setTimeout(() => load(attempt + 1), RETRY_MS);
  };
  const sheet = document.createElement("link");
  const script = document.createElement("script");
  Object.assign(sheet, { rel: "stylesheet", href: `/stats-overlay.css${query}`, onerror: () => again([sheet]) });
  Object.assign(script, { type: "module", src: `/stats-overlay.js${query}`, onerror: () => again([sheet, script]) });
  sheet.onload = () => document.head.append(script);
  document.head.append(sheet);
}
