/**
 * Whether a key was pressed by itself, and once: with others it is the browser's, and in a field of an extension's it is
 * text.
 */
export function isShortcut(event: KeyboardEvent, key: string): boolean {
  const { ctrlKey, metaKey, altKey, repeat, isComposing } = event;
  if (ctrlKey || metaKey || altKey || repeat || isComposing || isText(event.composedPath()[0])) return false;
  return event.key.toLowerCase() === key;
}

function isText(target: EventTarget | undefined): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));
}
