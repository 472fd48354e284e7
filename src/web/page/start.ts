/** When the page's script began, in milliseconds of `performance.now()`; imported first so that it is read first. */
export const scriptStartMs = performance.now();
