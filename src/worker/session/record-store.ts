import * as v from "valibot";
import { SightlineError } from "../../protocol/errors.ts";
import { lookedAt, nextLookMs, withSender } from "./lifetime.ts";
import { hasExpired, SessionRecord } from "./record.ts";

const RECORD_KEY = "session";

/** The session's one row on disk, and the alarm by which it ends. */
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
  put(record: SessionRecord, before: SessionRecord | undefined, nowMs: number): void {
    this.#write(record, before);
    if (record.expiresAtMs !== before?.expiresAtMs) this.#storage.setAlarm(nextLookMs(record, nowMs));
  }

  /** The alarm rang, and is set anew unless the session is `over`. */
  look(senderHere: boolean, nowMs: number): "over" | undefined {
    const before = this.stored();
    const record = before && lookedAt(before, senderHere, nowMs);
    if (!record || record === "over") return record;
    this.#write(record, before);
    this.#storage.setAlarm(nextLookMs(record, nowMs));
    return undefined;
  }

  senderCame(): void {
    const record = this.stored();
    if (record?.senderlessSinceMs !== undefined) this.#write(withSender(record), record);
  }

  #write(record: SessionRecord, before: SessionRecord | undefined): void {
    if (JSON.stringify(record) !== JSON.stringify(before)) this.#storage.kv.put(RECORD_KEY, record);
  }

  /** Forgets everything that this object keeps, other rows too. */
  clear(): void {
    this.#storage.deleteAlarm();
    this.#storage.deleteAll();
  }
}
