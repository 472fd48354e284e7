import * as v from "valibot";
import { SightlineError } from "../../protocol/errors.ts";
import { lookedAt, nextLookMs, withSender } from "./lifetime.ts";
import { hasExpired, SessionRecord } from "./record.ts";
import { clearedAtMs, requireOther, Tombstone } from "./tombstone.ts";

const RECORD_KEY = "session";
const TOMBSTONE_KEY = "ended";

/** The session's one row on disk, and the alarm by which it ends; afterwards the one that says whose it was. */
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

  /** @throws SightlineError `session-ended` to the sender of a session that its owner has ended */
  requireNotEnded(senderTokenHash: string, nowMs: number): void {
    const tombstone = this.#tombstone();
    if (tombstone) requireOther(tombstone, senderTokenHash, nowMs);
  }

  /**
   * Writes only what changed: rows are what a session costs.
   * @throws SightlineError `session-ended` when its owner has ended it, and its sender makes it again
   */
  put(record: SessionRecord, before: SessionRecord | undefined, nowMs: number): void {
    if (!before) {
      this.requireNotEnded(record.senderTokenHash, nowMs);
      this.#storage.kv.delete(TOMBSTONE_KEY);
    }
    this.#write(record, before);
    if (record.expiresAtMs !== before?.expiresAtMs) this.#storage.setAlarm(nextLookMs(record, nowMs));
  }

  /** The alarm rang, and is set anew unless the session is `over`. */
  look(senderHere: boolean, nowMs: number): "over" | undefined {
    const before = this.stored();
    if (!before) this.#lookAtTombstone(nowMs);
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

  #tombstone(): Tombstone | undefined {
    const row = this.#storage.kv.get(TOMBSTONE_KEY);
    return row === undefined ? undefined : v.parse(Tombstone, row);
  }

  #lookAtTombstone(nowMs: number): void {
    const tombstone = this.#tombstone();
    if (!tombstone) return;
    if (nowMs < clearedAtMs(tombstone)) this.#storage.setAlarm(clearedAtMs(tombstone));
    else this.clear();
  }

  /** The owner ended it, and its sender is not to make it again. */
  bury(record: SessionRecord, nowMs: number): void {
    const tombstone: Tombstone = { senderTokenHash: record.senderTokenHash, endedAtMs: nowMs };
    this.clear();
    this.#storage.kv.put(TOMBSTONE_KEY, tombstone);
    this.#storage.setAlarm(clearedAtMs(tombstone));
  }

  /** Forgets everything that this object keeps, other rows too. */
  clear(): void {
    this.#storage.deleteAlarm();
    this.#storage.deleteAll();
  }
}
