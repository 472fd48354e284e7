import type * as v from "valibot";
import { SightlineError } from "../../protocol/errors.ts";
import { ANSWER_TIMEOUT_MS } from "../../protocol/limits.ts";
import type { OfferToSender, ViewerAnswer } from "../../protocol/messages.ts";

export type HeldOffer = v.InferOutput<typeof OfferToSender>;
export type Answer = v.InferOutput<typeof ViewerAnswer>;

interface Held {
  offer: HeldOffer;
  answer: Promise<Answer>;
  resolve(answer: Answer): void;
  reject(error: SightlineError): void;
}

/**
 * HTTP requests that stay open until the sender answers their offer, each for {@link ANSWER_TIMEOUT_MS} at most. In
 * memory alone: an open request keeps the object awake, and an object that is lost takes its requests with it.
 */
export class HeldOffers {
  readonly #held = new Map<string, Held>();

  /** Those of one viewer, or of all. */
  list(viewer?: string): HeldOffer[] {
    const offers = Array.from(this.#held.values(), ({ offer }) => offer);
    return viewer === undefined ? offers : offers.filter((offer) => offer.viewer === viewer);
  }

  /** The answer to this very offer when it is awaited already. */
  awaited(offer: HeldOffer): Promise<Answer> | undefined {
    const held = this.#held.get(nameOf(offer));
    return held && held.offer.sdp === offer.sdp && held.offer.proof === offer.proof ? held.answer : undefined;
  }

  /**
   * Takes the place of another offer for the same connection.
   * @returns the answer; rejects with `sender-silent`, or with what it was refused with
   */
  hold(offer: HeldOffer): Promise<Answer> {
    this.refuse(new SightlineError("replaced"), offer.viewer, offer.connection);
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const silence = setTimeout(
      () => this.refuse(new SightlineError("sender-silent"), offer.viewer, offer.connection),
      ANSWER_TIMEOUT_MS,
    );
    const answer = promise.finally(() => clearTimeout(silence));
    this.#held.set(nameOf(offer), { offer, answer, resolve, reject });
    return answer;
  }

  answer(viewer: string, answer: Answer): void {
    this.#take(viewer, answer.connection)?.resolve(answer);
  }

  /** Without `connection`, every offer of the viewer. */
  refuse(error: SightlineError, viewer: string, connection?: number): void {
    for (const offer of this.list(viewer)) {
      if (connection === undefined || offer.connection === connection)
        this.#take(viewer, offer.connection)?.reject(error);
    }
  }

  #take(viewer: string, connection: number): Held | undefined {
    const name = nameOf({ viewer, connection });
    const held = this.#held.get(name);
    this.#held.delete(name);
    return held;
  }
}

function nameOf({ viewer, connection }: { viewer: string; connection: number }): string {
  return `${viewer} ${connection}`;
}
