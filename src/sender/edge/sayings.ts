/** Of its own words, of which the first say what happened. */
const SUMMARY_MAX_CHARACTERS = 200;
/** What is kept until it listens, or does not. */
const KEPT_MAX_LINES = 50;

/**
 * What workerd says, line by line: of the Worker's log, which is JSON, what it says and how grave it is. Held back until it
 * runs, for one that does not is told of in a sentence.
 */
export class Sayings {
  readonly #log: (line: string) => void;
  #kept: string[] | undefined = [];

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  hear(line: string): void {
    if (!this.#kept) this.#say(line);
    else if (this.#kept.length < KEPT_MAX_LINES) this.#kept.push(line);
  }

  /** From now on each line is told as it comes. */
  tell(): void {
    const kept = this.#kept ?? [];
    this.#kept = undefined;
    for (const line of kept) this.#say(line);
  }

  /** Of what was held back, in one line. */
  get summary(): string {
    const said = (this.#kept ?? []).map((line) => messageOf(line)?.message ?? line).join(" ");
    return said.replace(/\s+/g, " ").trim().slice(0, SUMMARY_MAX_CHARACTERS) || "it said nothing";
  }

  #say(line: string): void {
    const said = messageOf(line);
    // A stack in numbers, and how to have its names.
    if (NUMBERS.test(said?.message ?? line)) return;
    // As it dies it says so in plain words.
    this.#log(said ? `edge ${said.level}: ${said.message}` : `edge: ${line}`);
  }
}

const NUMBERS = /LLVM_SYMBOLIZER|stack:( [\da-f]{4,}@?[\da-f]*){3,}/;

function messageOf(line: string): { level: string; message: string } | undefined {
  try {
    const { level, message } = JSON.parse(line) ?? {};
    return typeof level === "string" && typeof message === "string" ? { level, message } : undefined;
  } catch {
    return undefined;
  }
}
