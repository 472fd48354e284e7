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

  static async open(clip: string): Promise<RtspServer> {
    // Debian's own Python is the one that Debian's GStreamer bindings belong to.
    const child = spawn("/usr/bin/python3", [SCRIPT, clip], { stdio: ["ignore", "pipe", "inherit"] });
    const [port] = await once(createInterface(child.stdout), "line");
    return new RtspServer(child, port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null) return;
    this.#process.kill();
    await once(this.#process, "exit");
  }
}
