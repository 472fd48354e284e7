import type { HandshakeFragment, HandshakeMessage } from "./dtls-handshake.ts";

/** A whole flight is five messages; fragments of messages further ahead are dropped, and come again. */
const WINDOW_MESSAGES = 8;

interface Partial {
  type: number;
  epoch: number;
  body: Buffer;
  received: Uint8Array;
  missingBytes: number;
}

/**
 * Puts handshake messages together from fragments that come in any order, twice or overlapping (RFC 6347 4.2.3).
 * werift 0.25.2 joins whatever stands in its buffer once some last fragment came.
 */
export class Reassembly {
  readonly #partials = new Map<number, Partial>();
  #from = 0;

  /** A later fragment overrides an earlier one that it contradicts: a forged one then does no lasting harm. */
  add({ type, messageSeq, epoch, messageLength, offset, body }: HandshakeFragment): void {
    if (messageSeq < this.#from || messageSeq >= this.#from + WINDOW_MESSAGES) return;
    // Nothing of a message would make room for all of it.
    if (body.length === 0 && messageLength > 0) return;
    let partial = this.#partials.get(messageSeq);
    if (partial?.type !== type || partial.epoch !== epoch || partial.body.length !== messageLength) {
      const received = new Uint8Array(messageLength);
      partial = { type, epoch, body: Buffer.alloc(messageLength), received, missingBytes: messageLength };
      this.#partials.set(messageSeq, partial);
    }
    body.copy(partial.body, offset);
    for (let i = offset; i < offset + body.length; i++) {
      if (partial.received[i]) continue;
      partial.received[i] = 1;
      partial.missingBytes--;
    }
  }

  /** @returns the message and forgets it, or undefined while it is not complete */
  take(messageSeq: number): HandshakeMessage | undefined {
    const partial = this.#partials.get(messageSeq);
    if (!partial || partial.missingBytes > 0) return;
    this.#partials.delete(messageSeq);
    return { type: partial.type, messageSeq, epoch: partial.epoch, body: partial.body };
  }

  /** Messages before this one are history: their fragments are no longer kept. */
  startAt(messageSeq: number): void {
    this.#from = messageSeq;
    for (const seq of this.#partials.keys()) if (seq < messageSeq) this.#partials.delete(seq);
  }
}
