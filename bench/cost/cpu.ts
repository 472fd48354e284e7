import { readdirSync, readFileSync } from "node:fs";

/** Linux tells it in hundredths of a second, whatever it counts in itself. */
const TICK_MS = 10;

/** The process of this name that this one started. @throws Error unless there is exactly one */
export function onlyChild(name: string): number {
  const pids = readdirSync("/proc").filter((entry) => /^\d+$/.test(entry) && isChild(entry, name));
  if (pids.length !== 1) throw new Error(`expected one ${name}, found ${pids.length}`);
  return Number(pids[0]);
}

/** The processes that this one started and that still run. */
export function childrenOf(pid: number): number[] {
  const tasks = readdirSync(`/proc/${pid}/task`);
  const pids = tasks.flatMap((task) => readOrEmpty(`/proc/${pid}/task/${task}/children`).trim().split(" "));
  return pids.filter(Boolean).map(Number);
}

/**
 * CPU time that a process has used so far, all its threads together: to the nanosecond while they run, and where some have
 * ended since its start, to 10 ms.
 */
export function cpuMs(pid: number): number {
  const ofThread = (thread: string) => Number(readOrEmpty(`/proc/${pid}/task/${thread}/schedstat`).split(" ")[0]);
  const runningMs = readdirSync(`/proc/${pid}/task`).reduce((sumMs, thread) => sumMs + ofThread(thread) / 1e6, 0);
  // Whole ticks of everything, so that it is less as long as no thread has ended.
  const { userTicks, systemTicks } = statOf(pid);
  return Math.max(runningMs, (userTicks + systemTicks) * TICK_MS);
}

function isChild(pid: string, name: string): boolean {
  const { command, parent } = statOf(pid);
  return command === name && parent === process.pid;
}

/** proc(5): the command in brackets, the state, the parent, nine others, then the CPU time. */
function statOf(pid: number | string) {
  const [, command, parent, user, system] =
    /^\d+ \((.*)\) \S (\d+)(?: \S+){9} (\d+) (\d+) /s.exec(readOrEmpty(`/proc/${pid}/stat`)) ?? [];
  return { command, parent: Number(parent), userTicks: Number(user ?? 0), systemTicks: Number(system ?? 0) };
}

/** Processes and threads end while one looks. */
function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
