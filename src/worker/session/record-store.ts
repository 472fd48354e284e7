import * as v from "valibot";
import { SightlineError } from "../../protocol/errors.ts";
import { hasExpired, SessionRecord } from "./record.ts";

const RECORD_KEY = "session";

/** The session's one row on disk, and the alarm that ends the session. */
export class RecordStore {
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** What is stored, expired or not. */
  stored(): SessionRecord | undefined {
    const row = this.#storage.kv.get(RECORD_KEY);
    return row === undefined ? undefined : v.parse(SessionRecord, row);
  }

  /** @throws SightlineError `session-not-found`, also once the session has expired and its alarm is late */
  require(nowMs: number): SessionRecord {
    const record = this.stored();
    if (!record || hasExpired(record, nowMs)) throw new SightlineError("session-not-found");
    return record;
  }

  /** Writes only what changed: rows are what a session costs. */
  put(record: SessionRecord, before?: SessionRecord): void {
    if (JSON.stringify(record) !== JSON.stringify(before)) this.#storage.kv.put(RECORD_KEY, record);
    if (record.expiresAtMs === (before?.expiresAtMs ?? null)) return;
    if (record.expiresAtMs === null) this.#storage.deleteAlarm();
    else this.#storage.setAlarm(record.expiresAtMs);
  }

  /** Forgets everything that this object keeps, other rows too. */
  clear(): void {
    this.#storage.deleteAlarm();
    this.#storage.deleteAll();
  }
}
