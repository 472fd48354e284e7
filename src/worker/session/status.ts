import type { SessionStatus } from "../../protocol/http.ts";
import type { SenderReport } from "../../protocol/stream.ts";
import { presentSender } from "./broker.ts";
import { countViewers } from "./places.ts";
import type { Bearer, SessionRecord } from "./record.ts";
import type { Roster } from "./roster.ts";

/** How a session is, for whoever holds a token of it. What its cameras are called is the owner's business. */
export function statusOf<S>(record: SessionRecord, roster: Roster<S>, as: Bearer, nowMs: number): SessionStatus {
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
    report: sender?.report ? (as === "sender" ? sender.report : withoutNames(sender.report)) : null,
  };
}

function withoutNames(report: SenderReport): SenderReport {
  return { ...report, cameras: report.cameras.map(({ name: _owners, ...camera }) => camera) };
}
