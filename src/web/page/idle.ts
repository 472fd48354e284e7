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
  for (const event of ["pointermove", "pointerdown", "keydown", "focusin"]) {
    document.addEventListener(event, stir, { passive: true });
  }
  stir();
}
