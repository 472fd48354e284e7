import * as v from "valibot";
import { ViewerId } from "../../protocol/ids.ts";

/** Of a session; beyond it the oldest are forgotten. */
const KICKS_MAX = 100;
const KEY = "kicked";
const Row = v.array(ViewerId);

/**
 * Whom the owner removed, one row. Media does not pass here, and the word of it may be lost with the sender's socket: a
 * sender hears it again whenever it comes, until that viewer offers anew.
 */
export class Kicks {
  readonly #kv: SyncKvStorage;

  constructor(kv: SyncKvStorage) {
    this.#kv = kv;
  }

  list(): string[] {
    const row = this.#kv.get(KEY);
    return row === undefined ? [] : v.parse(Row, row);
  }

  remember(viewer: string): void {
    this.#kv.put(KEY, [...this.#without(viewer), viewer].slice(-KICKS_MAX));
  }

  forget(viewer: string): void {
    const rest = this.#without(viewer);
    if (rest.length > 0) this.#kv.put(KEY, rest);
    else this.#kv.delete(KEY);
  }

  #without(viewer: string): string[] {
    return this.list().filter((each) => each !== viewer);
  }
}
