import { readFileSync } from "node:fs";

/** Of all processors together, since the machine began. */
export interface ProcessorTicks {
  all: number;
  /** In which a virtual machine had something to do, and its host let others do theirs. */
  stolen: number;
}

/** What goes with a measurement: how much of the processors' time, 0..100, was not this machine's meanwhile. */
export interface Stolen {
  stolenPercent: number | undefined;
}

/** With more than this it is the neighbours that are measured. */
const DISTURBED_PERCENT = 3;
const TRIES = 3;

/** As in proc_stat(5): user, nice, system, idle, iowait, irq, softirq, steal; what guests had is in user already. */
const STEAL = 7;

/** Starts to look; the result tells, as often as it is asked, what was stolen since; `undefined` where no system says so. */
export function stolenSince(read = processorTicks): () => number | undefined {
  const before = read();
  return () => {
    const now = read();
    if (!before || !now) return undefined;
    if (now.all === before.all) return 0;
    return Math.round((1_000 * (now.stolen - before.stolen)) / (now.all - before.all)) / 10;
  };
}

/** Measures again what was disturbed, twice at most. What was disturbed least counts, whatever it measured. */
export async function leastDisturbed<Measured extends Stolen>(once: () => Promise<Measured>): Promise<Measured> {
  let best = await once();
  const percent = ({ stolenPercent = 0 }: Stolen) => stolenPercent;
  for (let tries = 1; tries < TRIES && percent(best) > DISTURBED_PERCENT; tries++) {
    // What was measured is not lost for a further try that fails.
    const next = await once().catch(() => best);
    if (percent(next) < percent(best)) best = next;
  }
  return best;
}

function processorTicks(): ProcessorTicks | undefined {
  return ticksOf(procStat());
}

/** @param stat the text of /proc/stat */
export function ticksOf(stat: string): ProcessorTicks | undefined {
  const ticks = /^cpu +(.+)$/m
    .exec(stat)?.[1]
    ?.split(" ")
    .slice(0, STEAL + 1)
    .map(Number);
  const stolen = ticks?.[STEAL];
  return ticks && stolen !== undefined ? { all: ticks.reduce((sum, each) => sum + each, 0), stolen } : undefined;
}

/** Only Linux has it. */
function procStat(): string {
  try {
    return readFileSync("/proc/stat", "utf8");
  } catch {
    return "";
  }
}
