const REST_MS = 2_500;

/** Marks the body `data-idle` while the pointer rests, so that the style sheet can fade the controls out. */
export function setUpIdle(body: HTMLElement): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stir = () => {
    clearTimeout(timer);
    body.dataset.idle = "false";
    timer = setTimeout(() => {
      // Whoever moves by keyboard must still see where they are.
      if (!document.activeElement?.matches("button:focus-visible")) body.dataset.idle = "true";
    }, REST_MS);
  };
  spareUnseen(body);
  for (const event of ["pointermove", "pointerdown", "keydown", "focusin"]) {
    document.addEventListener(event, stir, { passive: true });
  }
  stir();
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
