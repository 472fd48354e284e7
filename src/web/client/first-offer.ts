import { takeAnswer, takeGrant } from "./answering.ts";
import { type Notice, severity, type ViewerErrorCode } from "./errors.ts";
import { type Event, freshConnection } from "./model.ts";
import type { Turn } from "./turn.ts";

/** The first offer, which left by HTTP ahead of the socket: what becomes of it. */

/** The sender answered, and could not do with it: not asked again in the same breath. */
const SENDER_FAILED: readonly ViewerErrorCode[] = ["bad-request", "sender-failed", "sender-silent", "internal"];
/** An edge that is older than offers by HTTP. */
const MISSING_ROUTE: readonly ViewerErrorCode[] = ["not-found", "method-not-allowed"];

export function adopt(turn: Turn): void {
  const { model } = turn;
  model.ahead = false;
  const connection = model.nextNumber++;
  model.next = { ...freshConnection(connection, turn.nowMs), ahead: true, lacksRelay: true };
  turn.actions.push({ type: "adopt-peer", connection });
}

export function posted(turn: Turn, { answer, grant }: Extract<Event, { type: "posted" }>): void {
  takeGrant(turn, grant);
  takeAnswer(turn, answer);
}

/** Unless the refusal is final, the socket is asked, and says what is to be said. */
export function postRefused(turn: Turn, connection: number, notice: Notice | undefined): void {
  const { model } = turn;
  if (model.next?.number !== connection || model.next.answeredAtMs !== undefined) return;
  const kind = notice ? severity(notice.code) : undefined;
  if (notice && (kind === "ended" || kind === "failed")) {
    turn.stop(kind, notice);
    return;
  }
  if (notice && !MISSING_ROUTE.includes(notice.code)) model.notice = notice;
  notice && SENDER_FAILED.includes(notice.code) ? turn.failNext() : turn.dropNext();
}

/** A connection with TURN beside the one without, which does not come up: the first to have a picture stays. */
export function offerBeside(turn: Turn): void {
  const { next } = turn.model;
  if (!next) return;
  turn.dropSpare();
  turn.model.next = undefined;
  turn.offer(next.renews);
  turn.model.spare = next;
}
