import { takeAnswer, takeGrant } from "./answering.ts";
import type { Notice, ViewerErrorCode } from "./errors.ts";
import { type Event, freshConnection } from "./model.ts";
import type { Move } from "./move.ts";

/** The first offer, which left by HTTP ahead of the socket: what becomes of it. */

/** The sender answered, and could not do with it: not asked again in the same breath. */
const SENDER_FAILED: readonly ViewerErrorCode[] = ["bad-request", "sender-failed", "sender-silent", "internal"];
/** An edge that is older than offers by HTTP. */
const MISSING_ROUTE: readonly ViewerErrorCode[] = ["not-found", "method-not-allowed"];

export function adopt(move: Move): void {
  const { model } = move;
  model.ahead = false;
  const connection = model.nextNumber++;
  model.next = { ...freshConnection(connection, move.nowMs), ahead: true, lacksRelay: true };
  move.actions.push({ type: "adopt-peer", connection });
}

export function posted(move: Move, { answer, grant }: Extract<Event, { type: "posted" }>): void {
  takeGrant(move, grant);
  takeAnswer(move, answer);
}

/** Unless the refusal is final, the socket is asked, and says what is to be said. */
export function postRefused(move: Move, connection: number, notice: Notice | undefined): void {
  const { model } = move;
  if (model.next?.number !== connection || model.next.answeredAtMs !== undefined) return;
  if (move.stopIfFinal(notice)) return;
  if (notice && !MISSING_ROUTE.includes(notice.code)) model.notice = notice;
  notice && SENDER_FAILED.includes(notice.code) ? move.failNext() : move.dropNext();
}

/** A connection with TURN beside the one without, which does not come up: the first to have a picture stays. */
export function offerBeside(move: Move): void {
  const { next } = move.model;
  if (!next) return;
  move.dropSpare();
  move.model.next = undefined;
  move.offer(next.renews);
  move.model.spare = next;
}
