/** One thing that reads what strangers send. */
export interface FuzzTarget {
  /**
   * Feeds one input. What the code refuses on purpose is caught here; whatever is thrown from here is a finding.
   * @param input of any length up to `maxBytes`
   */
  run(input: Buffer): void | Promise<void>;
  /** Made before the first input, ended after the last. */
  open?(): Promise<void>;
  close?(): Promise<void>;
  maxBytes: number;
  /** Words of the language that is parsed; they are put into inputs. */
  words?: readonly string[];
  /** How many inputs the test suite tries beyond the corpus. */
  quickInputs: number;
  /** Parts of the sources' addresses whose coverage guides; a target's own room and no more. */
  covers: readonly string[];
}

/** A condition that the code must keep for every input. */
export function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`broken: ${what}`);
}
