import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("../fixtures/rtsp-server.py", import.meta.url));

/** GStreamer's RTSP server, from Debian, playing a file to whoever asks. */
export class RtspServer implements AsyncDisposable {
  readonly url: string;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, port: string) {
    this.#process = process;
    this.url = `rtsp://127.0.0.1:${port}/camera`;
  }

  /** @param at the port; any free one when absent */
  static async open(clip: string, at = 0): Promise<RtspServer> {
    // Debian's own Python is the one that Debian's GStreamer bindings belong to.
    const child = spawn("/usr/bin/python3", [SCRIPT, clip, String(at)], { stdio: ["ignore", "pipe", "inherit"] });
    const [port] = await once(createInterface(child.stdout), "line");
    return new RtspServer(child, port);
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** As a camera that loses its power. */
  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await once(this.#process, "exit");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill();
    await once(this.#process, "exit");
  }
}
