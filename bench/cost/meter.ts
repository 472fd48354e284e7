import { type Counts, noCounts, type ObjectCounts } from "./counts.ts";

/**
 * Counts what the built Worker and its Durable Objects do, from the outside: it wraps their classes and their storage,
 * and changes nothing that they do. Runs in workerd, in the Worker's own isolate, whose memory outlives every object.
 */

type Method = (...args: unknown[]) => unknown;
type KvMethod = "get" | "put" | "delete" | "list";
type StorageMethod = "setAlarm" | "deleteAlarm";
type Storage = Record<StorageMethod, Method> & { kv: Record<KvMethod, Method>; sql: { exec: Method } };
interface ObjectState {
  storage: Storage;
  waitUntil(promise: Promise<unknown>): void;
}
type ObjectClass = new (state: ObjectState, env: object) => object;
type Fetch = (request: Request, env: object, ctx: object) => Response | Promise<Response>;

export const METER_PATH = "/bench/counts";

/** Rows are known when a query has been read to its end, so its cursor is asked as late as can be. */
interface Cursor {
  rowsRead: number;
  rowsWritten: number;
}

const requests: string[] = [];
const messages: string[] = [];
const objects: Record<string, ObjectCounts> = {};
const cursors: { counts: ObjectCounts; cursor: Cursor }[] = [];
let messagesOut = 0;

const { send } = WebSocket.prototype;
replace(WebSocket.prototype, "send", function (this: WebSocket, message) {
  messagesOut += 1;
  return send.call(this, message as string);
});

export function meteredFetch(fetch: Fetch): Fetch {
  return (request, env, ctx) => {
    const { pathname } = new URL(request.url);
    if (pathname === METER_PATH) return Response.json(read());
    requests.push(`${request.method} ${pathname}`);
    return fetch(request, env, ctx);
  };
}

export function meteredClass(name: string, Base: ObjectClass): ObjectClass {
  const counts = noCounts();
  objects[name] = counts;
  const Metered = class extends Base {
    constructor(state: ObjectState, env: object) {
      counts.wakes += 1;
      const end = begin(counts);
      meterStorage(counts, state.storage);
      const waitUntil = state.waitUntil.bind(state);
      replace(state, "waitUntil", (promise) => waitUntil(busyUntil(counts, promise as Promise<unknown>)));
      super(state, env);
      end();
    }
  };
  for (const method of Object.getOwnPropertyNames(Base.prototype)) {
    const original = Base.prototype[method];
    if (method === "constructor" || typeof original !== "function") continue;
    replace(Metered.prototype, method, function (this: object, ...args: unknown[]) {
      counts[kindOf(method)] += 1;
      if (method === "webSocketMessage") messages.push(nameOf(String(args[1])));
      const end = begin(counts);
      return Promise.resolve(original.apply(this, args)).finally(end);
    });
  }
  return Metered;
}

function kindOf(method: string) {
  if (method === "fetch") return "fetches";
  if (method === "alarm") return "alarms";
  if (method === "webSocketMessage") return "messagesIn";
  if (method === "webSocketClose" || method === "webSocketError") return "closes";
  return "calls";
}

/** The sender says which viewer it means, reports, and offers a standby; viewers do none of it. */
function nameOf(frame: string): string {
  const { type, viewer } = JSON.parse(frame) as { type: string; viewer?: string };
  return `${viewer !== undefined || type === "report" || type === "standby" ? "sender" : "viewer"} ${type}`;
}

/** A key costs one row, whatever is done with it; so does setting or deleting an alarm. */
function meterStorage(counts: ObjectCounts, storage: Storage): void {
  const rows = <Name extends string>(target: Record<Name, Method>, method: Name, count: (result: unknown) => void) => {
    const original = target[method];
    replace(target, method, (...args) => {
      const result = original.apply(target, args);
      count(result);
      return result;
    });
  };
  const written = () => {
    counts.rowsWritten += 1;
  };
  const readOne = () => {
    counts.rowsRead += 1;
  };
  rows(storage.kv, "get", readOne);
  rows(storage.kv, "put", written);
  rows(storage.kv, "delete", written);
  const list = storage.kv.list;
  replace(storage.kv, "list", (...args) => {
    const found = [...(list.apply(storage.kv, args) as Iterable<unknown>)];
    counts.rowsRead += Math.max(1, found.length);
    return found[Symbol.iterator]();
  });
  rows(storage.sql, "exec", (cursor) => void cursors.push({ counts, cursor: cursor as Cursor }));
  rows(storage, "setAlarm", written);
  rows(storage, "deleteAlarm", written);
  // Ending a session is no part of what is counted here; whatever else is used must be counted first.
  for (const method of ["get", "put", "delete", "list", "getAlarm", "transaction"]) {
    replace(storage, method, () => {
      throw new Error(`the meter does not count storage.${method}`);
    });
  }
}

function begin(counts: ObjectCounts): () => void {
  const interval: [number, number] = [Date.now(), Number.NaN];
  counts.busyMs.push(interval);
  return () => {
    interval[1] = Date.now();
  };
}

function busyUntil(counts: ObjectCounts, promise: Promise<unknown>): Promise<unknown> {
  return promise.finally(begin(counts));
}

function read(): Counts {
  for (const { counts, cursor } of cursors.splice(0)) {
    counts.rowsRead += cursor.rowsRead;
    counts.rowsWritten += cursor.rowsWritten;
  }
  return { requests, messages, messagesOut, objects };
}

function replace(target: object, name: string, value: Method): void {
  Object.defineProperty(target, name, { value, configurable: true, writable: true });
}
