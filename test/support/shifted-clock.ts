import { execFileSync } from "node:child_process";
import { mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./processes.ts";

/**
 * The wall clock of one process and of what it starts, which jumps when told to; the machine's own is left alone.
 * Waiting until a time of day is as it was: only reading the clock is another's.
 */
export class ShiftedClock {
  /** What the process is to be started with. */
  readonly env: Record<string, string>;
  readonly #file: number;

  /** @param dir a folder of its own, not there yet */
  constructor(dir: string) {
    mkdirSync(dir, { recursive: true });
    const library = join(dir, "clock.so");
    execFileSync("tcc", ["-shared", "-nostdlib", "-o", library, join(ROOT, "test/fixtures/clock.c")]);
    const offset = join(dir, "ahead-seconds");
    this.#file = openSync(offset, "w+");
    this.shift(0);
    this.env = { LD_PRELOAD: library, SIGHTLINE_TEST_CLOCK: offset };
  }

  /** @param seconds ahead of the machine's clock, or behind it */
  shift(seconds: number): void {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(seconds));
    // In place, for the file is mapped into the process.
    writeSync(this.#file, bytes, 0, bytes.length, 0);
  }
}
