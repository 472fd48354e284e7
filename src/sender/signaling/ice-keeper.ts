import type { IceReply } from "../../protocol/http.ts";
import type { IceServer } from "../../protocol/ice.ts";
import { Backoff } from "../backoff.ts";

/** Fresh credentials are asked for after this share of the old ones' life. */
const RENEW_AFTER = 0.7;
/** A longer wait would overflow the timer. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/**
 * The ICE servers that a new connection is made with, kept fresh: what the welcome brought expires, while the socket may
 * stay open for weeks.
 */
export class IceKeeper {
  readonly #fetch: () => Promise<IceReply>;
  readonly #backoff = new Backoff({ firstMs: 2_000, maxMs: 60_000 });
  #iceServers: IceServer[] = [];
  #expiresAtMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param fetch asks the edge for this sender's own */
  constructor(fetch: () => Promise<IceReply>) {
    this.#fetch = fetch;
  }

  get iceServers(): IceServer[] {
    return this.#iceServers;
  }

  /** What is left of the credentials' life; `undefined` when they do not expire. */
  get iceTtlMs(): number | undefined {
    return this.#expiresAtMs === undefined ? undefined : Math.max(0, Math.round(this.#expiresAtMs - performance.now()));
  }

  /** Takes what the edge gave; without `iceTtlMs` nothing in it expires. */
  take({ iceServers, iceTtlMs }: IceReply): void {
    this.#iceServers = iceServers;
    this.#expiresAtMs = iceTtlMs === undefined ? undefined : performance.now() + iceTtlMs;
    this.#backoff.reset();
    clearTimeout(this.#timer);
    if (iceTtlMs !== undefined) this.#renewIn(iceTtlMs * RENEW_AFTER);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #renewIn(ms: number): void {
    this.#timer = setTimeout(() => void this.#renew(), Math.min(TIMER_MAX_MS, ms));
    this.#timer.unref();
  }

  async #renew(): Promise<void> {
    const timer = this.#timer;
    const reply = await this.#fetch().catch(() => undefined);
    // A welcome came meanwhile, or it was stopped.
    if (timer !== this.#timer) return;
    if (reply) this.take(reply);
    else this.#renewIn(this.#backoff.next());
  }
}
