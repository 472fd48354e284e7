import { readdirSync, readFileSync } from "node:fs";

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

/** CPU time that a process has used so far, all its threads together. */
export function cpuMs(pid: number): number {
  const ofThread = (thread: string) => Number(readOrEmpty(`/proc/${pid}/task/${thread}/schedstat`).split(" ")[0]);
  return readdirSync(`/proc/${pid}/task`).reduce((sumMs, thread) => sumMs + ofThread(thread) / 1e6, 0);
}

/** proc(5): the command in brackets, the state, then the parent. */
function isChild(pid: string, name: string): boolean {
  const [, command, parent] = /^\d+ \((.*)\) \S (\d+)/.exec(readOrEmpty(`/proc/${pid}/stat`)) ?? [];
  return command === name && Number(parent) === process.pid;
}

/** Processes and threads end while one looks. */
function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
