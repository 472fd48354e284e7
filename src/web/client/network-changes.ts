/** `navigator.connection` of the Network Information API, which the DOM library's types lack. */
interface WithConnection {
  connection?: EventTarget & { type?: string };
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
  let type = connection?.type;
  const changed = () => {
    const before = type;
    type = connection?.type;
    // It also tells that an estimate of the same network's speed is another.
    if (type !== before && navigator.onLine) callback();
  };
  connection?.addEventListener("change", changed, { signal: stop.signal });
  return () => stop.abort();
}
