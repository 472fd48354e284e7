import * as v from "valibot";
import { SenderInstance } from "../../protocol/ids.ts";

/** What a session keeps on disk of a WHEP player, one row: written when it joins, gone when it leaves. */
export const WhepResource = v.object({
  /** Its ETag: the ICE session of its offer. */
  iceTag: v.string(),
  /** The sender that answered it; its connection cannot outlive that process. */
  sender: SenderInstance,
});
export type WhepResource = v.InferOutput<typeof WhepResource>;

const PREFIX = "whep:";

/** The WHEP resources of a session by viewer id. */
export class WhepStore {
  readonly #kv: SyncKvStorage;

  constructor(kv: SyncKvStorage) {
    this.#kv = kv;
  }

  get(viewer: string): WhepResource | undefined {
    const row = this.#kv.get(PREFIX + viewer);
    return row === undefined ? undefined : v.parse(WhepResource, row);
  }

  list(): [viewer: string, resource: WhepResource][] {
    return Array.from(this.#kv.list({ prefix: PREFIX }), ([key, row]) => [
      key.slice(PREFIX.length),
      v.parse(WhepResource, row),
    ]);
  }

  put(viewer: string, resource: WhepResource): void {
    this.#kv.put(PREFIX + viewer, resource);
  }

  delete(viewer: string): void {
    this.#kv.delete(PREFIX + viewer);
  }
}
