/**
 * A camera in a page of one's own. The page and the library come from you, only the link from Sightline, so that
 * nothing the edge serves can lie to whoever watches.
 *
 * Try it: `npx esbuild examples/01-embed-viewer.ts --bundle --format=esm --outdir=examples --servedir=examples --serve=127.0.0.1:8000`,
 * open http://127.0.0.1:8000/01-embed-viewer.html and paste the link that
 * `ALLOWED_ORIGINS=http://127.0.0.1:8000 npm start` prints.
 */
// In an app of your own, installed from `npm pack` here (docs/embed.md): import { connect, SightlineError, type Viewer } from "sightline";
import { connect, SightlineError, type Viewer } from "../src/web/client/index.ts";

const form = document.querySelector<HTMLFormElement>("#form");
const link = document.querySelector<HTMLInputElement>("#link");
const video = document.querySelector<HTMLVideoElement>("#video");
const state = document.querySelector("#state");
if (!form || !link || !video || !state) throw new Error("The page lacks an element that this script needs.");

let viewer: Viewer | undefined;

form.addEventListener("submit", (event) => {
  event.preventDefault();
  viewer?.close();
  try {
    viewer = connect(link.value, { video });
  } catch (error) {
    if (!(error instanceof SightlineError)) throw error;
    state.textContent = error.message;
    return;
  }
  state.textContent = viewer.state.message;
  viewer.on("state", ({ message }) => {
    state.textContent = message;
  });
});
