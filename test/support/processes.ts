import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const CLI = fileURLToPath(new URL("../../src/sender/cli.ts", import.meta.url));

export interface Event {
  event: string;
  [field: string]: unknown;
}

/** A `sightline` process as a user runs it, its `--json` events kept as they come. */
export class Sightline implements AsyncDisposable {
  readonly events: Event[] = [];
  readonly stderr: string[] = [];
  readonly process: ChildProcess;
  readonly #waiting = new Set<() => void>();
  readonly #exited: Promise<number | null>;

  /** @param before a command that becomes this one, such as `ip netns exec NAME` */
  constructor(args: string[], env: Record<string, string> = {}, before: string[] = []) {
    const [command = "", ...rest] = [...before, process.execPath, CLI, ...args, "--json"];
    this.process = spawn(command, rest, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const { stdout, stderr } = this.process;
    if (!stdout || !stderr) throw new Error("spawned without pipes");
    createInterface(stdout).on("line", (line) => {
      this.events.push(JSON.parse(line));
      for (const wake of this.#waiting) wake();
    });
    createInterface(stderr).on("line", (line) => this.stderr.push(line));
    this.#exited = once(this.process, "exit").then(([code]) => {
      for (const wake of this.#waiting) wake();
      return code;
    });
  }

  get exited(): Promise<number | null> {
    return this.#exited;
  }

  /** The first event that fits, past or to come. */
  async event(fits: (event: Event) => boolean, timeoutMs = 15_000): Promise<Event> {
    const deadline = AbortSignal.timeout(timeoutMs);
    for (;;) {
      const found = this.events.find(fits);
      if (found) return found;
      if (deadline.aborted || this.process.exitCode !== null) {
        throw new Error(`no such event; had ${JSON.stringify(this.events)}; stderr:\n${this.stderr.join("\n")}`);
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.add(resolve);
      await Promise.race([promise, sleep(200)]);
      this.#waiting.delete(resolve);
    }
  }

  /** How many times viewers were connected so far. */
  get connections(): number {
    return this.events.filter(({ state }) => state === "connected").length;
  }

  async link(role = "viewer"): Promise<string> {
    const { url } = await this.event((event) => event.event === "link" && event.role === role);
    return String(url);
  }

  async edge(): Promise<string> {
    return String((await this.event(({ event }) => event === "edge")).url);
  }

  /** Ends it as Ctrl-C or a service manager does, and returns its exit code. */
  async stop(signal: "SIGTERM" | "SIGINT" | "SIGKILL" = "SIGTERM"): Promise<number | null> {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill(signal);
    const code = await Promise.race([this.#exited, sleep(8_000, "late" as const)]);
    if (code !== "late") return code;
    this.process.kill("SIGKILL");
    throw new Error(`sightline did not end within 8 s of ${signal}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** Runs `sightline` to its end, for wrong usages. */
export async function runToEnd(args: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [CLI, ...args], { cwd: ROOT, env: { ...process.env, ...env } });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
  const [code] = await once(child, "close");
  clearTimeout(timer);
  return { code: code as number | null, stdout, stderr };
}
