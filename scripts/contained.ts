import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** `sightline` and workerd take some seconds to end well. */
const GRACE_MS = 10_000;
const LOOK_EVERY_MS = 50;

/**
 * Runs a program of Node with a process group and a temporary folder of its own: what it started and made goes with it,
 * however it ends. Should this process be killed on the spot, the program sees its channel close.
 * @param ended asks it to end
 * @returns its exit code; 1 when a signal ended it
 */
export async function contained(program: string, args: string[], ended: AbortSignal): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "sightline-bench-"));
  const child = spawn(process.execPath, [program, ...args], {
    detached: true,
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    env: { ...process.env, TMPDIR: folder },
  });
  const end = () => endGroup(child.pid);
  try {
    const exited = once(child, "exit");
    ended.addEventListener("abort", end, { once: true });
    if (ended.aborted) void end();
    const [code] = await exited;
    return code ?? 1;
  } finally {
    ended.removeEventListener("abort", end);
    await end();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function endGroup(group: number | undefined): Promise<void> {
  if (group === undefined || !signalled(group, "SIGTERM")) return;
  const untilMs = performance.now() + GRACE_MS;
  while (signalled(group, 0)) {
    if (performance.now() >= untilMs) return void signalled(group, "SIGKILL");
    await sleep(LOOK_EVERY_MS);
  }
}

/** @returns whether anybody of the group is there */
function signalled(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-group, signal);
  } catch {
    return false;
  }
}
