import { SENDER_PRESENT_MS } from "../../protocol/limits.ts";
import { type Action, presentSender, send } from "./action.ts";
import type { SessionRecord } from "./record.ts";
import type { Roster, SenderPeer } from "./roster.ts";

/**
 * Asks a sender that seems silent though its socket stands. When this machine's clock is set ahead every pong is suddenly
 * old. When it is set back, workerd's `Date.now()` and its timers stand still until that time has come again, or the
 * object has slept, while pongs go by the clock. A viewer who comes just then would be told that no sender is here, and
 * nothing else would tell it otherwise. What is kept here is worth nothing once the object slept.
 */
export class Presence<S> {
  #asked: string | undefined;
  #heard: { instance: string; atMs: number } | undefined;

  /**
   * The same roster, in which a sender that has spoken lately is present.
   * @param ask whoever looks for the sender and gets a silent one has it asked, once for each pong that is missed
   */
  over(roster: Roster<S>, nowMs: number, ask: (sender: SenderPeer<S>) => void): Roster<S> {
    return {
      ...roster,
      senders: () => {
        const senders = roster.senders().map((sender) => ({ ...sender, lastSeenMs: this.#lastSeenMs(sender, nowMs) }));
        const [newest] = senders;
        if (newest && !presentSender({ senders: () => senders }, nowMs)) this.#ask(newest, ask);
        return senders;
      },
    };
  }

  /** @returns whether it was asked, so that viewers are to be told that it is here */
  heard(instance: string, nowMs: number): boolean {
    this.#heard = { instance, atMs: nowMs };
    const wasAsked = this.#asked !== undefined;
    this.#asked = undefined;
    return wasAsked;
  }

  #lastSeenMs({ attachment, lastSeenMs }: SenderPeer<S>, nowMs: number): number {
    const heardMs = this.#heard?.instance === attachment.instance ? this.#heard.atMs : 0;
    return nowMs - heardMs <= SENDER_PRESENT_MS ? Math.max(heardMs, lastSeenMs) : lastSeenMs;
  }

  #ask(sender: SenderPeer<S>, ask: (sender: SenderPeer<S>) => void): void {
    const question = `${sender.attachment.instance} ${sender.lastSeenMs}`;
    if (this.#asked === question) return;
    this.#asked = question;
    ask(sender);
  }
}

/** Parameters, though they are as they were, are answered by a report. */
export function question<S>({ socket }: SenderPeer<S>, record: SessionRecord | undefined): Action<S>[] {
  return record ? [send(socket, { type: "parameters", parameters: record.parameters })] : [];
}

/** Viewers who know of this sender hear nothing new. */
export function seenAgain<S>(roster: Roster<S>, nowMs: number): Action<S>[] {
  const sender = presentSender(roster, nowMs)?.attachment;
  if (!sender) return [];
  return roster.viewers().map(({ socket }) => send(socket, { type: "sender-online", sender: sender.instance }));
}
