/** Says that a viewer found no path, and what is to be looked at; each once in a run, however often viewers try again. */
export class PathNotice {
  readonly #note: (line: string) => void;
  readonly #said = new Set<boolean>();

  constructor(note: (line: string) => void) {
    this.#note = note;
  }

  /** @param hasTurn whether the edge names a TURN server for this sender */
  tell(hasTurn: boolean): void {
    if (this.#said.has(hasTurn)) return;
    this.#said.add(hasTurn);
    this.#note(
      hasTurn
        ? "A viewer was answered, but no path to it was found: docs/networks.md."
        : "A viewer was answered, but no path to it was found, and the edge names no TURN server for this sender: docs/deploy.md, TURN.",
    );
  }
}
