import type {} from "./page.ts";

/** A picture that stands for so long is an old one. */
const STANDING_MS = 3_000;

/**
 * Ends the moment in which only a picture is shown once that does not move any more, which would pass for a live one.
 * Nobody else sees it before page.js is there; and one that came ahead of its answer is none of the viewer's yet, which has
 * no other word for it while it goes on connecting.
 */
export function endWhenStanding(end: () => void): void {
  const video = document.querySelector("video");
  let known: number | undefined = -1;
  const look = setInterval(() => {
    const frames = video?.getVideoPlaybackQuality().totalVideoFrames;
    const watched = (window.sightline?.state.name ?? "connecting") !== "connecting";
    if (!watched && frames !== known) {
      known = frames;
      return;
    }
    clearInterval(look);
    if (!watched) end();
  }, STANDING_MS);
}
