import { hasExpired, type SessionRecord } from "./record.ts";

/**
 * A session without an end of its own is over once its sender was away for this long, and for twice as long at most: one
 * made up for a run whose sender was killed would stay for ever. Starting the sender makes it anew, with the same links.
 */
export const SENDERLESS_MS = 2_592_000_000;

/** When the session is to be looked at next, milliseconds since the Unix epoch. */
export function nextLookMs({ expiresAtMs }: SessionRecord, nowMs: number): number {
  return expiresAtMs ?? nowMs + SENDERLESS_MS;
}

/**
 * What becomes of the session when its alarm rings, early or late where a clock was set. Nothing is written while its
 * sender comes and goes: the first look that finds none notes it, the second ends the session.
 */
export function lookedAt(record: SessionRecord, senderHere: boolean, nowMs: number): SessionRecord | "over" {
  if (record.expiresAtMs !== null) return hasExpired(record, nowMs) ? "over" : record;
  const { senderlessSinceMs } = record;
  if (senderHere) return withSender(record);
  if (senderlessSinceMs === undefined) return { ...record, senderlessSinceMs: nowMs };
  return nowMs - senderlessSinceMs >= SENDERLESS_MS ? "over" : record;
}

/** The same once its sender came, or was seen. */
export function withSender({ senderlessSinceMs: _, ...record }: SessionRecord): SessionRecord {
  return record;
}
