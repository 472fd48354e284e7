import type { Role } from "../protocol/ids.ts";
import type { SenderMessage } from "../protocol/messages.ts";
import type { StandbyTransport } from "../protocol/standby.ts";
import { Standby } from "./peer/standby.ts";

/** A viewer who comes has this machine to itself before the next one's connection is made. */
const AFTER_VIEWER_MS = 500;
/** Between two tries where none can be made, or nobody would be served by it. */
const RETRY_MS = 5_000;

export interface StandbyKeeperOptions {
  /** See `Reach`. */
  loopback: boolean;
  /** Whether a viewer who came now would be served by it. */
  mayServe(): boolean;
  /** Proofs of the text, for the holders of each link. */
  vouch(text: string): Record<Role, string>;
  /** @returns false when it was not sent */
  publish(message: Extract<SenderMessage, { type: "standby" }>): boolean;
}

/** Has one connection ready for the next viewer, and the edge know of it. */
export class StandbyKeeper {
  readonly #options: StandbyKeeperOptions;
  #standby: Standby | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Counts what makes one under way useless. */
  #generation = 0;
  /** How often the edge was told of the one that is here; a socket that took another's place hears of it again. */
  #told = 0;
  #wanted = false;
  #closed = false;

  constructor(options: StandbyKeeperOptions) {
    this.#options = options;
  }

  /** @param wanted whether the edge takes one */
  welcomed(wanted: boolean): void {
    this.#wanted = wanted;
    if (!wanted) this.#drop();
    else if (this.#standby) this.#publish();
    else this.#makeIn(0);
  }

  /** The connection that a viewer was told of; `undefined` for one that is not there any more. */
  take(id: string): Standby | undefined {
    const standby = this.#standby;
    if (standby?.id !== id) return undefined;
    this.#standby = undefined;
    // The edge let go of it when it handed it out, which may have been before it was told again.
    if (this.#told > 1) this.#takeBack();
    this.#makeIn(AFTER_VIEWER_MS);
    return standby;
  }

  /** Takes it back when nobody would be served by it any more. */
  look(): void {
    if (!this.#standby || this.#options.mayServe()) return;
    this.#drop();
    this.#takeBack();
    this.#makeIn(RETRY_MS);
  }

  /** The machine's addresses are others. */
  renew(): void {
    this.#drop();
    if (this.#wanted) this.#makeIn(0);
  }

  /** The links are others. */
  vouchAnew(): void {
    if (this.#standby) this.#publish();
  }

  close(): void {
    this.#closed = true;
    this.#drop();
  }

  #drop(): void {
    this.#generation++;
    clearTimeout(this.#timer);
    void this.#standby?.close();
    this.#standby = undefined;
  }

  #takeBack(): void {
    this.#told = 0;
    this.#options.publish({ type: "standby", standby: null });
  }

  #makeIn(delayMs: number): void {
    // Of two under way only the later one would ever be closed.
    this.#generation++;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#make(), delayMs);
  }

  async #make(): Promise<void> {
    const generation = this.#generation;
    const { loopback, mayServe } = this.#options;
    const standby = mayServe() ? await Standby.open(loopback).catch(() => undefined) : undefined;
    const isStale = generation !== this.#generation || this.#closed;
    if (isStale || !standby || standby.transport.candidates.length === 0) {
      await standby?.close();
      if (isStale) return;
      if (this.#told > 0) this.#takeBack();
      this.#makeIn(RETRY_MS);
      return;
    }
    this.#standby = standby;
    this.#told = 0;
    this.#publish();
  }

  #publish(): void {
    const { vouch, publish } = this.#options;
    if (!this.#standby) return;
    const { id, ssrcs, transport } = this.#standby;
    const text = JSON.stringify({ ...transport, ssrcs } satisfies StandbyTransport);
    if (publish({ type: "standby", standby: { id, text, proofs: vouch(text) } })) this.#told++;
  }
}
