import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** What the kernel says that a process holds. */
export interface Holding {
  sockets: number;
  threads: number;
  residentBytes: number;
}

export function holding(pid: number): Holding {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1]);
  const sockets = readdirSync(`/proc/${pid}/fd`).filter((fd) => target(`/proc/${pid}/fd/${fd}`).startsWith("socket:"));
  return { sockets: sockets.length, threads: field("Threads"), residentBytes: field("VmRSS") * 1_024 };
}

/** @throws when the process has no child of this name */
export function childOf(parent: number, name: string): number {
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const [, comm, ppid] = /\((.*)\) \S (\d+)/s.exec(read(`/proc/${entry}/stat`)) ?? [];
    if (comm === name && Number(ppid) === parent) return Number(entry);
  }
  throw new Error(`process ${parent} has no child ${name}`);
}

function target(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return "";
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
