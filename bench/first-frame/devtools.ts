import type { Readable, Writable } from "node:stream";

const PATIENCE_MS = 20_000;

export interface DevTools {
  /** @throws when the browser refuses, has ended, or says nothing for twenty seconds */
  send<T>(method: string, params?: object, sessionId?: string): Promise<T>;
}

interface Reply {
  id?: number;
  result?: unknown;
  error?: { message: string };
}

/**
 * Chrome DevTools Protocol over `--remote-debugging-pipe`: JSON, each message ended by a zero byte. Events are not for us.
 * @param complaints what the browser printed, for whoever finds it gone
 */
export function devToolsOver(to: Writable, from: Readable, complaints: () => string): DevTools {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let lastId = 0;
  let ended = false;
  let unread = "";
  from.setEncoding("utf8");
  from.on("data", (text: string) => {
    const messages = `${unread}${text}`.split("\0");
    unread = messages.pop() ?? "";
    for (const message of messages) take(JSON.parse(message));
  });
  from.on("close", () => {
    ended = true;
    for (const { reject } of waiting.values()) reject(gone(complaints()));
  });
  to.on("error", () => {});

  function take({ id, result, error }: Reply): void {
    const waits = id === undefined ? undefined : waiting.get(id);
    if (error) waits?.reject(new Error(`Chromium refuses: ${error.message}`));
    else waits?.resolve(result);
  }

  async function send<T>(method: string, params: object = {}, sessionId?: string): Promise<T> {
    if (ended) throw gone(complaints());
    const id = ++lastId;
    const waits = Promise.withResolvers<unknown>();
    waiting.set(id, waits);
    const timer = setTimeout(() => waits.reject(new Error(`Chromium does not answer to ${method}.`)), PATIENCE_MS);
    to.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    try {
      return (await waits.promise) as T;
    } finally {
      clearTimeout(timer);
      waiting.delete(id);
    }
  }

  return { send };
}

function gone(complaints: string): Error {
  return new Error(`Chromium has ended, and said:\n${complaints}`);
}
