import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { firstLine } from "../within.ts";
import { type Network, SENDER_ADDRESS } from "./network.ts";

const PORT = "9000";
const SCRIPT = fileURLToPath(new URL("./tcp-flow.ts", import.meta.url));

/** A download beside the video, from the sender's network to the viewer's. */
export class TcpFlow implements Disposable {
  readonly #network: Network;
  readonly #processes: ChildProcess[] = [];
  readonly #seconds: { bytes: number }[] = [];

  private constructor(network: Network) {
    this.#network = network;
  }

  static async open(network: Network): Promise<TcpFlow> {
    const flow = new TcpFlow(network);
    const { child, lines } = flow.#run("sender", "serve", PORT);
    await firstLine(child, lines);
    return flow;
  }

  start(): void {
    const { lines } = this.#run("viewer", "fetch", SENDER_ADDRESS, PORT);
    lines.on("line", (line) => this.#seconds.push(JSON.parse(line)));
  }

  /** What came since its start, on average. */
  get mbps(): number {
    const bytes = this.#seconds.reduce((sum, second) => sum + second.bytes, 0);
    return (bytes * 8) / 1e6 / Math.max(1, this.#seconds.length);
  }

  #run(place: "sender" | "viewer", ...args: string[]) {
    const [command = "", ...rest] = [...this.#network.at(place), process.execPath, SCRIPT, ...args];
    const child = spawn(command, rest, { stdio: ["ignore", "pipe", "inherit"] });
    this.#processes.push(child);
    return { child, lines: createInterface(child.stdout) };
  }

  [Symbol.dispose](): void {
    for (const child of this.#processes) child.kill();
  }
}
