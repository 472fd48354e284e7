import * as v from "valibot";
import { ViewerId } from "../../protocol/ids.ts";

/** Of a session; see {@link mostNeeded}. */
const KICKS_MAX = 100;
/** Of these, kept for who was told where others are still to be: those may never come again. */
const TOLD_MIN = 50;
const KEY = "kicked";
const Row = v.array(v.object({ viewer: ViewerId, told: v.boolean() }));
type Row = v.InferOutput<typeof Row>;

/**
 * Whom the owner removed, one row. Media does not pass here, and the word of it may be lost with the sender's socket: a
 * sender hears it again whenever it comes, until that viewer offers anew. So may the word to the viewer, whose page would
 * come back by itself.
 */
export class Kicks {
  readonly #kv: SyncKvStorage;

  constructor(kv: SyncKvStorage) {
    this.#kv = kv;
  }

  list(): string[] {
    return this.#row().map(({ viewer }) => viewer);
  }

  /** @param told whether they could be told of it */
  remember(viewers: readonly string[], told: boolean): void {
    const kept = this.#row().filter(({ viewer }) => !viewers.includes(viewer));
    this.#store(mostNeeded([...kept, ...viewers.map((viewer) => ({ viewer, told }))]));
  }

  /** @returns whether the viewer is to be told now that it was removed; it counts as told from then on */
  tell(viewer: string): boolean {
    const row = this.#row();
    if (!row.some((kick) => kick.viewer === viewer && !kick.told)) return false;
    this.#store(row.map((kick) => (kick.viewer === viewer ? { viewer, told: true } : kick)));
    return true;
  }

  forget(viewer: string): void {
    this.#store(this.#row().filter((kick) => kick.viewer !== viewer));
  }

  #row(): Row {
    // What an earlier edge wrote is no reason to let nobody in.
    const row = v.safeParse(Row, this.#kv.get(KEY));
    return row.success ? row.output : [];
  }

  #store(row: Row): void {
    if (row.length > 0) this.#kv.put(KEY, row);
    else this.#kv.delete(KEY);
  }
}

/** Of more than fit, the last of each kind stay: a replaced link may have had many, and some are never told. */
function mostNeeded(row: Row): Row {
  const [told, untold] = [row.filter((kick) => kick.told), row.filter((kick) => !kick.told)];
  const keptTold = told.slice(-Math.max(TOLD_MIN, KICKS_MAX - untold.length));
  const kept = new Set([...keptTold, ...untold.slice(keptTold.length - KICKS_MAX)]);
  return row.filter((kick) => kept.has(kick));
}
