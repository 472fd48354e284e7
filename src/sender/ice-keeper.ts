import type { IceReply } from "../protocol/http.ts";
import type { IceServer } from "../protocol/ice.ts";
import { Backoff } from "./backoff.ts";
import { namesTurn } from "./peer/ice-urls.ts";

/** Fresh credentials are asked for after this share of the old ones' life. */
const RENEW_AFTER = 0.7;
/** A longer wait would overflow the timer. */
const TIMER_MAX_MS = 2 ** 31 - 1;
/** Between two questions for what the edge did not give. */
const PAUSE = { firstMs: 2_000, maxMs: 60_000 };

export interface IceKeeperOptions {
  /** Asks the edge for this sender's own. */
  fetch(): Promise<IceReply>;
  /** Nothing can be sent without a relay: one is asked for until there is one. */
  needsRelay?: boolean;
  /** With `needsRelay`: told once that the edge names no relay, and once that it does after all. */
  onRelay?(there: boolean): void;
}

/** What is held: servers, and when the first credential among them ends, by `performance.now()`. */
interface Held {
  iceServers: IceServer[];
  expiresAtMs?: number;
}

/**
 * The ICE servers that a new connection is made with, kept fresh: what the welcome brought expires, while the socket may
 * stay open for weeks.
 */
export class IceKeeper {
  readonly #options: IceKeeperOptions;
  readonly #backoff = new Backoff(PAUSE);
  readonly #wants = new Backoff(PAUSE);
  #held: Held = { iceServers: [] };
  #timer: NodeJS.Timeout | undefined;
  /** Counts what makes an answer that is still on its way an old one. */
  #generation = 0;
  #notWantedBeforeMs = Number.NEGATIVE_INFINITY;
  #toldOfNone = false;

  constructor(options: IceKeeperOptions) {
    this.#options = options;
  }

  get iceServers(): IceServer[] {
    return this.#held.iceServers;
  }

  get hasTurn(): boolean {
    return namesTurn(this.iceServers);
  }

  /** What is left of the credentials' life; `undefined` when they do not expire. */
  get iceTtlMs(): number | undefined {
    const { expiresAtMs } = this.#held;
    return expiresAtMs === undefined ? undefined : Math.max(0, Math.round(expiresAtMs - performance.now()));
  }

  /** Takes what a welcome brought; without `iceTtlMs` nothing in it expires. */
  take(welcome: IceReply): void {
    this.#backoff.reset();
    this.#take(welcome);
    // An edge may hand relays to nobody who does not ask.
    if (this.#options.needsRelay && !namesTurn(this.iceServers)) void this.#ask();
  }

  /** Somebody finds no path: where there is no relay, one is asked for, should the edge hand them out on demand. */
  want(): void {
    const nowMs = performance.now();
    if (namesTurn(this.iceServers) || nowMs < this.#notWantedBeforeMs) return;
    this.#notWantedBeforeMs = nowMs + this.#wants.next();
    void this.#ask();
  }

  stop(): void {
    this.#generation++;
    clearTimeout(this.#timer);
  }

  #take(reply: IceReply): void {
    const nowMs = performance.now();
    const { iceServers, iceTtlMs, iceIncomplete } = reply;
    const kept = outlasts(this.#held, reply, nowMs);
    if (!kept) this.#held = { iceServers, ...(iceTtlMs === undefined ? {} : { expiresAtMs: nowMs + iceTtlMs }) };
    const relay = namesTurn(this.iceServers);
    if (relay) {
      this.#wants.reset();
      this.#tell(true);
    }
    this.#generation++;
    clearTimeout(this.#timer);
    if (kept || iceIncomplete || (this.#options.needsRelay && !relay)) {
      this.#askIn(this.#backoff.next());
      return;
    }
    this.#backoff.reset();
    if (iceTtlMs !== undefined) this.#askIn(iceTtlMs * RENEW_AFTER);
  }

  #askIn(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), Math.min(TIMER_MAX_MS, ms));
    this.#timer.unref();
  }

  async #ask(): Promise<void> {
    clearTimeout(this.#timer);
    const generation = ++this.#generation;
    const reply = await this.#options.fetch().catch(() => undefined);
    // A welcome came meanwhile, or it was stopped.
    if (generation !== this.#generation) return;
    if (!reply) {
      this.#askIn(this.#backoff.next());
      return;
    }
    this.#take(reply);
    if (this.#options.needsRelay && !namesTurn(this.iceServers)) this.#tell(false);
  }

  #tell(there: boolean): void {
    if (there !== this.#toldOfNone) return;
    this.#toldOfNone = !there;
    this.#options.onRelay?.(there);
  }
}

/** Whether what is held is worth more than what came: relays that work, for a list without any. */
function outlasts(held: Held, { iceServers, iceIncomplete }: IceReply, nowMs: number): boolean {
  if (!namesTurn(held.iceServers) || namesTurn(iceServers)) return false;
  return held.expiresAtMs === undefined ? iceIncomplete === true : held.expiresAtMs > nowMs;
}
