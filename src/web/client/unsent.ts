import type { ViewerMessage } from "../../protocol/messages.ts";

const UNSENT_MAX = 64;

/** Candidates of a connection that outlived its socket wait for the following socket; the rest is said anew. */
export class Unsent {
  readonly #candidates: ViewerMessage[] = [];

  keep(message: ViewerMessage): void {
    if (message.type === "candidate" && this.#candidates.length < UNSENT_MAX) this.#candidates.push(message);
  }

  /** Those that wait do so no longer. */
  take(): ViewerMessage[] {
    return this.#candidates.splice(0);
  }
}
