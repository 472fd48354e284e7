/** What of a terminal is needed to write a line in place. */
export interface Terminal {
  /** 0 where nobody told its size. */
  readonly columns: number;
  /** It has not taken yet what was written before. */
  readonly isBusy: boolean;
  write(text: string): void;
}

const CLEAR = "\r\x1b[K";
/** A line that reaches the edge would break there, and its first half could not be rewritten; Ctrl-C echoes two more. */
const SPARE_COLUMNS = 3;
const USUAL_COLUMNS = 80;

/** The last line of a terminal, rewritten in place; whatever is printed meanwhile stands above it. */
export class LiveLine {
  readonly #terminal: Terminal;
  #text = "";

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** How many characters fit. */
  get room(): number {
    return Math.max(0, (this.#terminal.columns || USUAL_COLUMNS) - SPARE_COLUMNS);
  }

  /** Nothing where the terminal is busy: what is shown when it has time again is then newer. */
  show(text: string): void {
    const next = text.slice(0, this.room);
    if (this.#terminal.isBusy || (next === "" && this.#text === "")) return;
    this.#text = next;
    this.#terminal.write(`${CLEAR}${next}`);
  }

  /** @param print writes whole lines to the same terminal */
  above(print: () => void): void {
    if (this.#text !== "") this.#terminal.write(CLEAR);
    print();
    if (this.#text !== "") this.#terminal.write(this.#text.slice(0, this.room));
  }

  clear(): void {
    if (this.#text !== "") this.#terminal.write(CLEAR);
    this.#text = "";
  }
}
