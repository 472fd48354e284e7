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

  /** The stamps that are seen on the screen from now on, by a process of its own that looks every other millisecond. */
  watch(): Watch {
    return new Watch(join(this.#dir, "Xvfb_screen0"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off("exit", this.#onExit);
    this.#server.kill();
    if (this.#server.exitCode === null && this.#server.signalCode === null) await once(this.#server, "exit");
    await rm(this.#dir, { recursive: true, force: true });
  }
}

class Watch implements Disposable {
  readonly #process: ChildProcess;

  constructor(framebuffer: string) {
    this.#process = fork(fileURLToPath(new URL("./watch-screen.ts", import.meta.url)), [framebuffer]);
  }

  /** Ends it. */
  async seen(): Promise<SeenStamp[]> {
    this.#process.send("end");
    const [seen] = await once(this.#process, "message");
    return seen as SeenStamp[];
  }

  [Symbol.dispose](): void {
    this.#process.kill();
  }
}
