/** iPhones give fullscreen to video elements only, under an older name. */
interface LegacyVideo extends HTMLVideoElement {
  webkitEnterFullscreen?: () => void;
}

/** Wires the button, the `f` key and a double click on the picture to fullscreen. */
export function setUpFullscreen(button: HTMLButtonElement, video: HTMLVideoElement): void {
  const legacy = (video as LegacyVideo).webkitEnterFullscreen;
  if (!document.fullscreenEnabled && !legacy) {
    button.hidden = true;
    return;
  }
  const toggle = () => {
    if (document.fullscreenElement) void document.exitFullscreen();
    else if (document.fullscreenEnabled) document.documentElement.requestFullscreen().catch(() => undefined);
    else legacy?.call(video);
  };
  button.addEventListener("click", toggle);
  video.addEventListener("dblclick", toggle);
  document.addEventListener("keydown", (event) => {
    const modified = event.ctrlKey || event.metaKey || event.altKey;
    if (event.key.toLowerCase() === "f" && !modified && !event.repeat) toggle();
  });
  document.addEventListener("fullscreenchange", () => {
    const full = document.fullscreenElement !== null;
    button.setAttribute("aria-label", full ? "Leave fullscreen" : "Fullscreen");
    button.title = full ? "Leave fullscreen (f)" : "Fullscreen (f)";
    button.dataset.full = String(full);
  });
}
