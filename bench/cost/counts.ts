/** What one class of Durable Objects did, summed over its objects since the edge started. */
export interface ObjectCounts {
  /** Requests by `fetch`, which are WebSocket upgrades, and calls by RPC. */
  fetches: number;
  calls: number;
  alarms: number;
  messagesIn: number;
  /** Sockets that closed. Not named in the price list. */
  closes: number;
  rowsRead: number;
  rowsWritten: number;
  /** Times that an object was made: first use, or waking after it left memory. */
  wakes: number;
  /** When an event was being handled: from and to, milliseconds since the Unix epoch. */
  busyMs: [from: number, to: number][];
}

export interface Counts {
  /** Paths that the Worker was asked for, with their method. */
  requests: string[];
  /** Incoming WebSocket messages by who sent them and their type, such as `viewer offer`. */
  messages: string[];
  /** WebSocket messages sent by anybody, without auto-responses. */
  messagesOut: number;
  /** Of the runtime's whole process, while `work` was done: the Worker's own is less. */
  cpuMs?: number;
  objects: Record<string, ObjectCounts>;
}

export function noCounts(): ObjectCounts {
  return {
    fetches: 0,
    calls: 0,
    alarms: 0,
    messagesIn: 0,
    closes: 0,
    rowsRead: 0,
    rowsWritten: 0,
    wakes: 0,
    busyMs: [],
  };
}

/** What happened between two readings. */
export function between(before: Counts, after: Counts): Counts {
  const objects = Object.entries(after.objects).map(([name, now]) => {
    const then = before.objects[name] ?? noCounts();
    return [name, objectBetween(then, now)] as const;
  });
  return {
    requests: after.requests.slice(before.requests.length),
    messages: after.messages.slice(before.messages.length),
    messagesOut: after.messagesOut - before.messagesOut,
    objects: Object.fromEntries(objects),
  };
}

function objectBetween(then: ObjectCounts, now: ObjectCounts): ObjectCounts {
  const difference = noCounts();
  for (const name of Object.keys(then) as (keyof ObjectCounts)[]) {
    if (name === "busyMs") difference.busyMs = now.busyMs.slice(then.busyMs.length);
    else difference[name] = now[name] - then[name];
  }
  return difference;
}
