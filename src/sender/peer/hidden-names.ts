import { isIP } from "node:net";
import multicastDns, { type MulticastAnswer, type MulticastDns, type MulticastDnsOptions } from "multicast-dns";
import { multicastSocket } from "./multicast-socket.ts";

/** When a name is asked for, from its first time on: a second apart, and then twice as long (RFC 6762 section 5.2). */
const ASK_AT_MS = [0, 1_000, 3_000];
/** Browsers answer at once, or within a second when they just did. */
const GIVE_UP_MS = 5_000;
/** Of all connections of a thread: each is six datagrams to everybody in the network. */
const PENDING_MAX = 64;

interface Pending {
  readonly waiting: Set<(address: string | undefined) => void>;
  readonly timers: NodeJS.Timeout[];
}

/**
 * Looks up the names that browsers hide their addresses behind (mDNS, RFC 6762): over one socket for all, which is open
 * only while a name is looked up. Where it cannot be opened no name has an address, and nothing else fails; werift 0.25.2
 * would hold such a socket for each viewer, and end the process where the port is another's.
 */
export class HiddenNames {
  readonly #open: () => MulticastDns;
  readonly #pending = new Map<string, Pending>();
  #mdns: MulticastDns | undefined;

  constructor(open: () => MulticastDns = openMulticast) {
    this.#open = open;
  }

  /**
   * @param name in lower case, as a candidate has it
   * @returns the first address that somebody answers; `undefined` after some seconds, when `signal` is aborted, and when too
   *   many others are looked up
   */
  async lookUp(name: string, signal: AbortSignal): Promise<string | undefined> {
    if (signal.aborted) return undefined;
    const pending = this.#pending.get(name) ?? this.#ask(name);
    if (!pending) return undefined;
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    const leave = () => {
      resolve(undefined);
      // Nobody may want it any more, but another lookup of the same name is not this one.
      if (pending.waiting.delete(resolve) && pending.waiting.size === 0) this.#settle(name, undefined);
    };
    pending.waiting.add(resolve);
    signal.addEventListener("abort", leave);
    return promise.finally(() => signal.removeEventListener("abort", leave));
  }

  #ask(name: string): Pending | undefined {
    const mdns = this.#pending.size < PENDING_MAX ? this.#opened() : undefined;
    if (!mdns) return undefined;
    // Two questions in one datagram are one too many for Chromium.
    const ask = () => {
      mdns.query(name, "A");
      mdns.query(name, "AAAA");
    };
    const timers = ASK_AT_MS.map((afterMs) => setTimeout(ask, afterMs));
    timers.push(setTimeout(() => this.#settle(name, undefined), GIVE_UP_MS));
    const pending = { waiting: new Set<(address: string | undefined) => void>(), timers };
    this.#pending.set(name, pending);
    return pending;
  }

  #opened(): MulticastDns | undefined {
    if (this.#mdns) return this.#mdns;
    try {
      const mdns = this.#open();
      this.#mdns = mdns;
      mdns.on("response", ({ answers }) => {
        for (const { name, address } of addressesIn(answers)) this.#settle(name, address);
      });
      mdns.on("error", () => {
        if (this.#mdns !== mdns) return;
        for (const name of [...this.#pending.keys()]) this.#settle(name, undefined);
      });
      return mdns;
    } catch {
      return undefined;
    }
  }

  #settle(name: string, address: string | undefined): void {
    const pending = this.#pending.get(name);
    if (!pending) return;
    this.#pending.delete(name);
    for (const timer of pending.timers) clearTimeout(timer);
    for (const resolve of pending.waiting) resolve(address);
    pending.waiting.clear();
    if (this.#pending.size > 0) return;
    this.#mdns?.destroy();
    this.#mdns = undefined;
  }
}

/** This thread's own. */
export const hiddenNames = new HiddenNames();

function addressesIn(answers: readonly MulticastAnswer[]): { name: string; address: string }[] {
  return answers.flatMap(({ type, name, ttl, data }) => {
    const is = (type === "A" || type === "AAAA") && ttl !== 0 && typeof data === "string" && isIP(data) !== 0;
    return is ? [{ name: name.toLowerCase(), address: data }] : [];
  });
}

export function openMulticast(options: Omit<MulticastDnsOptions, "socket" | "multicast"> = {}): MulticastDns {
  return multicastDns({ ...options, socket: multicastSocket(options.interface), multicast: false });
}
