import { isShortcut } from "./shortcut.ts";

/** iPhones give fullscreen to video elements only, under an older name. */
interface LegacyVideo extends HTMLVideoElement {
  webkitEnterFullscreen?: () => void;
  webkitExitFullscreen?: () => void;
  webkitDisplayingFullscreen?: boolean;
}

/** Where the video alone is fullscreen no word of the page can be seen, and an old picture would pass for a live one. */
export function leaveVideoFullscreen(video: HTMLVideoElement): void {
  const legacy = video as LegacyVideo;
  if (legacy.webkitDisplayingFullscreen && !document.fullscreenElement) legacy.webkitExitFullscreen?.();
}

/** It throws while there is no picture. */
function enterVideoFullscreen(video: LegacyVideo): void {
  try {
    video.webkitEnterFullscreen?.();
  } catch {
    console.warn("There is no picture to be shown fullscreen yet.");
  }
}

/** Wires the button, the `f` key and a double click on the picture to fullscreen. */
export function setUpFullscreen(button: HTMLButtonElement, video: HTMLVideoElement): void {
  if (!document.fullscreenEnabled && !(video as LegacyVideo).webkitEnterFullscreen) {
    button.hidden = true;
    return;
  }
  const toggle = () => {
    if (document.fullscreenElement) void document.exitFullscreen();
    else if (document.fullscreenEnabled) document.documentElement.requestFullscreen().catch(() => undefined);
    else enterVideoFullscreen(video);
  };
  button.addEventListener("click", toggle);
  video.addEventListener("dblclick", toggle);
  document.addEventListener("keydown", (event) => {
    if (isShortcut(event, "f")) toggle();
  });
  document.addEventListener("fullscreenchange", () => {
    const full = document.fullscreenElement !== null;
    button.setAttribute("aria-label", full ? "Leave fullscreen" : "Fullscreen");
    button.title = full ? "Leave fullscreen (f)" : "Fullscreen (f)";
    button.dataset.full = String(full);
  });
}
