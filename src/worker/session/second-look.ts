import { PING_INTERVAL_MS } from "../../protocol/limits.ts";
import { type Action, presentSender, send } from "./action.ts";
import type { Roster } from "./roster.ts";

/** By then a sender that is alive has pinged. */
const LOOK_MS = PING_INTERVAL_MS + 1_000;

/**
 * Looks again at a sender that seems silent though its socket stands. When this machine's clock is set forward every
 * pong is suddenly old, and a viewer who comes just then is told that no sender is here; nothing else would tell it
 * otherwise. The timer keeps the object awake, for as long as one look takes.
 */
export class SecondLook<S> {
  readonly #look: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param look is to do what {@link seenAgain} says */
  constructor(look: () => void) {
    this.#look = look;
  }

  /** The same roster; whoever asks it for the sender and gets a silent one has it looked at again. */
  over(roster: Roster<S>, nowMs: number): Roster<S> {
    return {
      ...roster,
      senders: () => {
        const senders = roster.senders();
        if (senders.length > 0 && !presentSender({ senders: () => senders }, nowMs)) this.#arm();
        return senders;
      },
    };
  }

  #arm(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#look();
    }, LOOK_MS);
  }
}

/** Viewers who know of this sender hear nothing new. */
export function seenAgain<S>(roster: Roster<S>, nowMs: number): Action<S>[] {
  const sender = presentSender(roster, nowMs)?.attachment;
  if (!sender) return [];
  return roster.viewers().map(({ socket }) => send(socket, { type: "sender-online", sender: sender.instance }));
}
