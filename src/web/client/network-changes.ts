/** `navigator.connection` of the Network Information API, which the DOM library's types lack. */
interface WithConnection {
  connection?: EventTarget;
}

/**
 * Calls back when the browser says that this machine's network is another, or is back.
 * @returns a function that stops listening
 */
export function onNetworkChange(callback: () => void): () => void {
  if (typeof addEventListener === "undefined") return () => undefined;
  const stop = new AbortController();
  addEventListener("online", callback, { signal: stop.signal });
  const { connection } = navigator as WithConnection;
  connection?.addEventListener("change", () => navigator.onLine && callback(), { signal: stop.signal });
  return () => stop.abort();
}
