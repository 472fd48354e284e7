const REST_MS = 2_500;

/** Marks the body `data-idle` while the pointer rests, so that the style sheet can fade the controls out. */
export function setUpIdle(body: HTMLElement): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stir = () => {
    clearTimeout(timer);
    body.dataset.idle = "false";
    timer = setTimeout(rest, REST_MS);
  };
  const rest = () => {
    // The pointer may leave the window without a word to the page.
    if (isLookedAt()) timer = setTimeout(rest, REST_MS);
    else body.dataset.idle = "true";
  };
  spareUnseen(body);
  for (const event of ["pointermove", "pointerdown", "keydown", "focusin"]) {
    document.addEventListener(event, stir, { passive: true });
  }
  stir();
}

/** Whoever moves by keyboard must still see where they are, and what a figure means is read with a pointer at rest. */
function isLookedAt(): boolean {
  if (document.activeElement?.matches("button:focus-visible")) return true;
  // Where nothing hovers what was tapped last counts as hovered.
  return matchMedia("(hover: hover)").matches && document.querySelector("#figures:hover") !== null;
}

/**
 * The tap that brings the controls back is not meant for one that nobody saw. The style sheet could not keep it off: when
 * the browser looks what was clicked, they are back already.
 */
function spareUnseen(body: HTMLElement): void {
  let unseen = false;
  const pressed = () => {
    unseen = body.dataset.idle === "true" && body.dataset.tone === "live";
  };
  const clicked = (event: MouseEvent) => {
    // By keyboard nothing is pressed, and `detail` is 0.
    if (unseen && event.detail > 0 && (event.target as Element).closest(".bar")) event.stopPropagation();
    unseen = false;
  };
  document.addEventListener("pointerdown", pressed, { capture: true, passive: true });
  document.addEventListener("click", clicked, { capture: true });
}
