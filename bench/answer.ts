import type { Need } from "../scripts/debian.ts";
import type { Measurement } from "./measurement.ts";

/** What a `*.bench.ts` exports. */
export interface Bench<Asked> {
  /** Without which nothing of it can be measured. */
  needs: Need[];
  /** What the arguments ask for. @throws UsageError */
  read(measurement: Measurement): Asked;
  run(measurement: Measurement, asked: Asked): Promise<void>;
}

export interface Preparation {
  build(): Promise<unknown>;
  /** @returns false when something is still missing */
  ensure(needs: Need[]): boolean;
}

/**
 * Measures what is asked for. Arguments come first: who misspelt a name waits for nothing to be built or installed.
 * @returns false when something is missing without which nothing can be measured
 * @throws UsageError when something is asked for that does not exist
 */
export async function answer<Asked>(
  bench: Bench<Asked>,
  measurement: Measurement,
  { build, ensure }: Preparation,
): Promise<boolean> {
  const asked = bench.read(measurement);
  measurement.refuseOthers();
  await build();
  if (!ensure(bench.needs)) return false;
  await bench.run(measurement, asked);
  return true;
}
