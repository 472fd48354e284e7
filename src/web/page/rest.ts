/** On a network slower than that the time is waited out anyway, and better used. */
const ANSWER_AWAITED_MS = 250;

/**
 * Starts page.js, once the page is read and the first answer has been given to the browser, or has been waited for long
 * enough. Starting it takes the thread that the answer needs, and the browser to allow its paths; afterwards, while the
 * browser checks those and shakes hands, that thread has nothing to do.
 */
export async function loadRest(answered: Promise<unknown> | undefined): Promise<void> {
  const parsed = new Promise((resolve) => document.addEventListener("DOMContentLoaded", resolve, { once: true }));
  const waited = new Promise((resolve) => setTimeout(resolve, ANSWER_AWAITED_MS));
  await Promise.all([parsed, answered && Promise.race([answered.catch(() => undefined), waited])]);
  const script = document.createElement("script");
  script.type = "module";
  script.src = "/page.js";
  document.head.append(script);
}
