/** What of a terminal is needed to write a line in place. */
export interface Terminal {
  columns: number;
  write(text: string): void;
}

const CLEAR = "\r\x1b[K";
/** A line that reaches the edge would break there, and its first half could not be rewritten; Ctrl-C echoes two more. */
const SPARE_COLUMNS = 3;

/** The last line of a terminal, rewritten in place; whatever is printed meanwhile stands above it. */
export class LiveLine {
  readonly #terminal: Terminal;
  #text = "";

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** How many characters fit. */
  get room(): number {
    return Math.max(0, this.#terminal.columns - SPARE_COLUMNS);
  }

  show(text: string): void {
    this.#text = text.slice(0, this.room);
    this.#terminal.write(`${CLEAR}${this.#text}`);
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
