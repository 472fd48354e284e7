/** A socket that is back within this time is not worth a line. */
const BLINK_MS = 1_000;

/** Says that the edge is gone, why it takes this sender's socket no more, and that it is back; each once. */
export class EdgeNotice {
  readonly #note: (line: string) => void;
  #timer: NodeJS.Timeout | undefined;
  #reason: string | undefined;
  #said: string | undefined;
  #isOver = false;

  constructor(note: (line: string) => void) {
    this.#note = note;
  }

  /** @param reason the edge's own sentence, when it gave one */
  offline(reason?: string): void {
    if (this.#isOver) return;
    this.#reason = reason;
    if (this.#said === undefined) this.#timer ??= setTimeout(() => this.#say(), BLINK_MS);
    // An edge that was gone and now says why, or the other way round, is news.
    else this.#say();
  }

  online(): void {
    this.#forget();
    if (this.#said === undefined || this.#isOver) return;
    this.#said = undefined;
    this.#note("The edge is back.");
  }

  /** Says nothing any more. */
  stop(): void {
    this.#isOver = true;
    this.#forget();
  }

  #forget(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #say(): void {
    const what =
      this.#reason === undefined
        ? "The edge is gone. Who watches goes on watching; trying to reach it again."
        : `The edge takes this sender's socket no more: ${this.#reason} Who watches goes on watching; trying again.`;
    if (what === this.#said) return;
    this.#said = what;
    this.#note(what);
  }
}
