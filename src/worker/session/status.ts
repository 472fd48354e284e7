import type { SessionStatus } from "../../protocol/http.ts";
import { countViewers, presentSender } from "./broker.ts";
import type { SessionRecord } from "./record.ts";
import type { Roster } from "./roster.ts";

/** How a session is, for whoever holds a token of it. */
export function statusOf<S>(record: SessionRecord, roster: Roster<S>, nowMs: number): SessionStatus {
  const sender = presentSender(roster, nowMs)?.attachment;
  return {
    id: record.id,
    createdAtMs: record.createdAtMs,
    expiresAtMs: record.expiresAtMs,
    sender: sender?.instance ?? null,
    senderSinceMs: sender?.connectedAtMs ?? null,
    viewers: countViewers(roster),
    maxViewers: record.maxViewers,
    whep: record.whepTokenHash !== undefined,
    parameters: record.parameters,
    report: sender?.report ?? null,
  };
}
