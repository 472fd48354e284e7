import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Need } from "../../scripts/debian.ts";
import type { SeenStamp } from "../../test/support/stamps.ts";

const STARTED_WITHIN_MS = 10_000;

export const SCREEN_NEEDS: Need[] = [{ package: "xvfb", file: "/usr/bin/Xvfb" }];

/** An X server without a monitor, its framebuffer a file that can be looked into at any time. */
export class Screen implements AsyncDisposable {
  readonly display: string;
  readonly #server: ChildProcess;
  readonly #dir: string;
  readonly #onExit = () => this.#server.kill();

  private constructor(server: ChildProcess, display: string, dir: string) {
    this.#server = server;
    process.once("exit", this.#onExit);
    this.display = display;
    this.#dir = dir;
  }

  static async open(width: number, height: number): Promise<Screen> {
    const dir = await mkdtemp(join(tmpdir(), "sightline-screen-"));
    const size = `${width}x${height}x24`;
    const args = ["-displayfd", "3", "-screen", "0", size, "-fbdir", dir, "-nolisten", "tcp", "-noreset"];
    const server = spawn("/usr/bin/Xvfb", args, { stdio: ["ignore", "ignore", "ignore", "pipe"] });
    const lines = createInterface(server.stdio[3] as Readable);
    const [number] = await Promise.race([once(lines, "line"), once(server, "exit").then(() => [])]);
    if (number === undefined) throw new Error("Xvfb ended at once: is /tmp/.X11-unix writable?");
    return new Screen(server, `:${number}`, dir);
  }

  /** What comes onto the screen once this resolves, seen by a process of its own that looks every other millisecond. */
  watch(): Promise<Watch> {
    return Watch.open(join(this.#dir, "Xvfb_screen0"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off("exit", this.#onExit);
    this.#server.kill();
    if (this.#server.exitCode === null && this.#server.signalCode === null) await once(this.#server, "exit");
    await rm(this.#dir, { recursive: true, force: true });
  }
}

export interface Seen {
  /** When each first stood there. */
  stamps: SeenStamp[];
  watchedMs: number;
}

class Watch implements Disposable {
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess) {
    this.#process = process;
  }

  static async open(framebuffer: string): Promise<Watch> {
    const child = fork(fileURLToPath(new URL("./watch-screen.ts", import.meta.url)), [framebuffer]);
    await once(child, "message", { signal: AbortSignal.timeout(STARTED_WITHIN_MS) });
    return new Watch(child);
  }

  /** Ends it. */
  async seen(): Promise<Seen> {
    this.#process.send("end");
    const [seen] = await once(this.#process, "message");
    return seen as Seen;
  }

  [Symbol.dispose](): void {
    this.#process.kill();
  }
}
