import type {} from "./page.ts";
import { isShortcut } from "./shortcut.ts";
import { type StatsRow, statsRows } from "./stats-rows.ts";

/** "Stats" over the picture: a button, the `s` key, and rows that are read once a second while they are on show. */

const REFRESH_MS = 1_000;
const SVG = "http://www.w3.org/2000/svg";

const list = document.createElement("dl");
const overlay = document.createElement("section");
overlay.id = "stats";
overlay.className = "stats";
overlay.hidden = true;
overlay.setAttribute("aria-label", "Stats");
overlay.append(list);

const button = document.createElement("button");
button.id = "stats-button";
button.className = "round";
button.type = "button";
button.title = "Stats (s)";
button.setAttribute("aria-label", "Stats");
button.setAttribute("aria-controls", overlay.id);
button.append(chart());

let isOpen = false;
let timer: ReturnType<typeof setInterval> | undefined;

function setOpen(open: boolean): void {
  isOpen = open;
  hide();
  button.setAttribute("aria-expanded", String(open));
  clearInterval(timer);
  if (!open) return;
  void refresh();
  timer = setInterval(refresh, REFRESH_MS);
}

async function refresh(): Promise<void> {
  if (document.hidden) return;
  const stats = await window.sightline?.stats();
  // Between connections, and after the last, there is nothing to tell of.
  show(stats?.path ? statsRows(stats) : []);
  hide();
}

/** A box without rows would be but a stain on the picture. */
function hide(): void {
  overlay.hidden = !isOpen || list.children.length === 0;
}

/** The same elements each time: a text that somebody selects stays selected. */
function show(rows: readonly StatsRow[]): void {
  while (list.children.length > rows.length) list.lastElementChild?.remove();
  while (list.children.length < rows.length) {
    const row = document.createElement("div");
    row.append(document.createElement("dt"), document.createElement("dd"));
    list.append(row);
  }
  for (const [i, { name, value }] of rows.entries()) {
    const [term, definition] = list.children[i]?.children ?? [];
    if (term && term.textContent !== name) term.textContent = name;
    if (definition && definition.textContent !== value) definition.textContent = value;
  }
}

function chart(): SVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", "M5 20v-6M12 20V4M19 20v-9");
  svg.append(path);
  return svg;
}

button.addEventListener("click", () => setOpen(!isOpen));
document.addEventListener("keydown", (event) => {
  if (isShortcut(event, "s")) setOpen(!isOpen);
  if (isShortcut(event, "escape")) setOpen(false);
});
setOpen(false);
document.querySelector("header")?.after(overlay);
document.getElementById("fullscreen")?.before(button);
