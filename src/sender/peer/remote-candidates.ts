import type { RTCIceCandidateInit } from "werift";
import { hiddenCandidates, hiddenName, toWerift, type WireCandidate, withAddress } from "./candidates.ts";
import type { HiddenNames } from "./hidden-names.ts";

/** At once: a browser hides each of its addresses behind one name. */
const NAMES_MAX = 8;

/**
 * What a viewer says of its addresses, on its way to the connection: in order, none before the offer is applied, and names
 * only when it is known what is behind them, with none of the others waiting for that.
 */
export class RemoteCandidates {
  readonly #add: (candidate: RTCIceCandidateInit) => Promise<void>;
  readonly #names: HiddenNames | undefined;
  readonly #looked = new Map<string, Promise<string | undefined>>();
  readonly #applied = Promise.withResolvers<void>();
  readonly #closed = new AbortController();

  /**
   * @param add hands one with an address to the connection
   * @param names who looks up; without, what is hidden is left out
   */
  constructor(add: (candidate: RTCIceCandidateInit) => Promise<void>, names: HiddenNames | undefined) {
    this.#add = add;
    this.#names = names;
  }

  /** The offer has been applied, without those of its candidates that have a name only. */
  start(offerSdp: string): void {
    this.#applied.resolve();
    for (const candidate of hiddenCandidates(offerSdp)) void this.add(candidate).catch(() => {});
  }

  /**
   * Resolves when it was handed on or left out: seconds, when nobody knows its name.
   * @throws when it fits no media section
   */
  async add(wire: WireCandidate): Promise<void> {
    const candidate = toWerift(wire);
    if (!candidate) return;
    await this.#applied.promise;
    const name = hiddenName(candidate);
    const address = name === undefined ? undefined : await this.#lookUp(name);
    if (this.#closed.signal.aborted || (name !== undefined && address === undefined)) return;
    await this.#add(address === undefined ? candidate : withAddress(candidate, address));
  }

  /** Nothing is handed on from now on, and no name is looked up. */
  close(): void {
    this.#closed.abort();
    this.#applied.resolve();
  }

  #lookUp(name: string): Promise<string | undefined> | undefined {
    const known = this.#looked.get(name);
    if (known || !this.#names || this.#looked.size >= NAMES_MAX) return known;
    const looked = this.#names.lookUp(name, this.#closed.signal).finally(() => this.#looked.delete(name));
    this.#looked.set(name, looked);
    return looked;
  }
}
