import { SENDER_PRESENT_MS } from "../../protocol/limits.ts";
import { type Action, presentSender, send } from "./action.ts";
import type { SenderAttachment } from "./attachment.ts";
import type { SessionRecord } from "./record.ts";
import type { Roster, SenderPeer } from "./roster.ts";

/**
 * Asks a sender that seems silent though its socket stands. When this machine's clock is set ahead every pong is suddenly
 * old. When it is set back, workerd's `Date.now()` and its timers stand still until that time has come again, or the
 * object has slept, while pongs go by the clock. A viewer who comes just then would be told that no sender is here, and
 * nothing else would tell it otherwise. What is kept here is lost once the object slept; that the sender was asked stands at
 * its socket as well, for its answer may come after that.
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
        const [newest, ...others] = senders;
        if (!newest || presentSender({ senders: () => senders }, nowMs)) return senders;
        this.#ask(newest, ask);
        return [{ ...newest, attachment: { ...newest.attachment, asked: true } }, ...others];
      },
    };
  }

  /** @returns whether it was asked, so that viewers are to be told that it is here */
  heard({ instance, asked }: SenderAttachment, nowMs: number): boolean {
    this.#heard = { instance, atMs: nowMs };
    const wasAsked = asked === true || this.#asked !== undefined;
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
export function question<S>({ socket, attachment }: SenderPeer<S>, record: SessionRecord | undefined): Action<S>[] {
  if (!record) return [];
  return [
    { do: "remember", socket, attachment: { ...attachment, asked: true } },
    send(socket, { type: "parameters", parameters: record.parameters }),
  ];
}

/** The same once it was heard. */
export function unasked({ asked: _answered, ...attachment }: SenderAttachment): SenderAttachment {
  return attachment;
}

/** Viewers who know of this sender hear nothing new. */
export function seenAgain<S>(roster: Roster<S>, { socket, attachment }: SenderPeer<S>): Action<S>[] {
  const online = { type: "sender-online", sender: attachment.instance } as const;
  return [{ do: "remember", socket, attachment }, ...roster.viewers().map((viewer) => send(viewer.socket, online))];
}
