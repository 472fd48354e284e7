import { loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { chosen, countOf, isQuick, refuseOthers } from "./args.ts";
import { publish } from "./results.ts";
import { stolenSince } from "./stolen.ts";

const QUIET_LOAD = 0.5;
/** The load is a mean that falls by itself to a third in a minute: after work of eight processes it takes almost three. */
const PATIENCE_MS = 180_000;
const LOOK_EVERY_MS = 2_000;

/** How the machine's load is read, and what others had of it, and how time passes. */
interface Waiting {
  load(): number[];
  stolen: typeof stolenSince;
  wait(ms: number): Promise<unknown>;
}

/**
 * One going of a bench: what was asked of it, beside what load it ran, what failed. Only what measured everything, as often
 * as usual, on a quiet machine, becomes a result.
 */
export class Measurement {
  readonly quick: boolean;
  /** Who reads it wants the one line at the end. */
  readonly json: boolean;
  readonly #question: string;
  readonly #args: readonly string[];
  /** What was asked for that is less than all. */
  readonly #asked: string[] = [];
  /** What may be asked for. */
  readonly #flags: string[] = [];
  readonly #failures: { what: string; why: string }[] = [];
  #loadBefore = loadavg();
  #stolenPercent: () => number | undefined = () => undefined;
  #unquiet: string | undefined;

  constructor(question: string, args: readonly string[]) {
    this.#question = question;
    this.#args = args;
    this.quick = isQuick(args);
    this.json = args.includes("--json");
    if (this.quick) this.#asked.push("--quick");
  }

  /** @param usual what is measured without the flag @throws UsageError when a name is not known */
  chosen<Name extends string>(flag: string, known: readonly Name[], usual: readonly Name[] = known): Name[] {
    this.#flags.push(flag);
    const names = chosen(this.#args, flag, known);
    if (names && usual.some((name) => !names.includes(name))) this.#asked.push(flag);
    return names ?? [...usual];
  }

  /** A count that may be asked for by a flag; less than usual is no result. @throws UsageError where it cannot be read */
  count(flag: string, usual: number): number {
    this.#flags.push(flag);
    const count = countOf(this.#args, flag) ?? usual;
    if (count < usual) this.#asked.push(`${flag} ${count}, where ${usual} are usual`);
    return count;
  }

  /** @throws UsageError for what nobody asked about above, such as a misspelt flag */
  refuseOthers(): void {
    refuseOthers(this.#args, this.#flags);
  }

  /** One that does not start is named, and spoils nobody else's figures. */
  failed(what: string, error: unknown): void {
    const why = whyOf(error);
    this.#failures.push({ what, why });
    console.error(`${what}: ${why}`);
  }

  /**
   * Resolves when the machine has nothing else to do, or after three minutes all the same: the load is kept with the figures,
   * which say so then. In a quick one nobody waits.
   */
  async quiet({ load, stolen, wait }: Waiting = { load: loadavg, stolen: stolenSince, wait: sleep }): Promise<void> {
    const patienceMs = this.quick ? 0 : PATIENCE_MS;
    const busy = () => (load()[0] ?? 0) >= QUIET_LOAD;
    if (busy() && patienceMs > 0)
      console.log(`Waiting, three minutes at most, until the load is below ${QUIET_LOAD}: it is ${load()[0]}.`);
    for (let waitedMs = 0; busy() && waitedMs < patienceMs; waitedMs += LOOK_EVERY_MS) await wait(LOOK_EVERY_MS);
    this.#loadBefore = load();
    this.#stolenPercent = stolen();
    if (busy()) this.#unquiet = `The machine was not quiet (load ${(this.#loadBefore[0] ?? 0).toFixed(2)} before).`;
  }

  /** Why it is no result; nothing of that when it is one. */
  get lacks(): string[] {
    return [
      ...this.#asked,
      ...(this.#failures.length > 0 ? ["something failed"] : []),
      ...(this.#unquiet === undefined ? [] : ["the machine was not quiet"]),
    ];
  }

  /** The table, and the figures with what they were measured beside. The process ends with 1 where something failed. */
  publish(table: string, figures: object): void {
    if (this.#failures.length > 0) process.exitCode = 1;
    const notQuiet = this.#unquiet === undefined ? {} : { notQuiet: this.#unquiet };
    const stolenPercent = this.#stolenPercent();
    const loads = { loadBefore: this.#loadBefore, loadAfter: loadavg(), stolenPercent };
    const taken = stolenPercent ? [`Other machines on its host had ${stolenPercent} % of the processors' time.`] : [];
    const text = [table, ...taken, ...(this.#unquiet === undefined ? [] : [this.#unquiet])].join("\n\n");
    const conditions = { ...loads, ...notQuiet, failures: this.#failures };
    publish(this.#question, text, { ...conditions, ...figures }, this.#args, this.lacks);
  }
}

/** What failed first comes first: where closing failed after it, the error that arrives has a message of neither. */
function whyOf(error: unknown): string {
  if (error instanceof SuppressedError) return `${whyOf(error.suppressed)}; then, while closing: ${whyOf(error.error)}`;
  return error instanceof Error ? error.message : String(error);
}

/** Each round begins with another, so that none always follows the same one, or is always first. */
export function rotated<T>(all: readonly T[], round: number): T[] {
  const from = round % Math.max(1, all.length);
  return [...all.slice(from), ...all.slice(0, from)];
}
