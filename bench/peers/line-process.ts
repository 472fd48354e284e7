import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { LeftMessage, OfferMessage, SenderMessage } from "./messages.ts";

const PATIENCE_MS = 20_000;
/** How much of what a process complains of is kept for the error that names it. */
const STDERR_LINES = 20;

type Told<T extends SenderMessage["type"]> = Extract<SenderMessage, { type: T }>;

/** A sender in a process of its own, spoken to by lines. */
export class LineProcess implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #name: string;
  readonly #inbox: SenderMessage[] = [];
  readonly #stderr: string[] = [];
  readonly #exited = Promise.withResolvers<void>();
  #wake = Promise.withResolvers<void>();

  constructor(command: string, args: string[]) {
    this.#name = [command, ...args].join(" ");
    this.#process = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"] });
    const { stdout, stderr, stdin } = this.#process;
    if (!stdout || !stderr || !stdin) throw new Error("spawned without pipes");
    createInterface(stdout).on("line", (line) => {
      this.#inbox.push(JSON.parse(line));
      this.#stir();
    });
    createInterface(stderr).on("line", (line) => {
      if (this.#stderr.push(line) > STDERR_LINES) this.#stderr.shift();
    });
    // Whoever waits for an answer is told of the exit; a line that nobody reads any more is none's loss.
    stdin.on("error", () => {});
    this.#process.on("error", () => this.#end());
    this.#process.on("exit", () => this.#end());
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  tell(message: OfferMessage | LeftMessage): void {
    this.#process.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  /** The first message that fits, past or to come, taken out. */
  async hears<T extends SenderMessage["type"]>(type: T, viewer?: number): Promise<Told<T>> {
    const deadlineMs = performance.now() + PATIENCE_MS;
    const timer = setTimeout(() => this.#stir(), PATIENCE_MS);
    try {
      for (;;) {
        const at = this.#inbox.findIndex((message) => {
          return message.type === type && (viewer === undefined || ("viewer" in message && message.viewer === viewer));
        });
        if (at >= 0) return this.#inbox.splice(at, 1)[0] as Told<T>;
        const ended = this.#process.exitCode !== null || this.#process.signalCode !== null || !this.#process.pid;
        if (ended || performance.now() >= deadlineMs) {
          throw new Error(`No "${type}" from ${this.#name}, which said:\n${this.#stderr.join("\n")}`);
        }
        await this.#wake.promise;
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async answer(sdp: string, viewer: number): Promise<string> {
    this.tell({ type: "offer", viewer, sdp });
    return (await this.hears("answer", viewer)).sdp;
  }

  #stir(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }

  #end(): void {
    this.#exited.resolve();
    this.#stir();
  }

  /** The end of its input ends it, and lets it end its own children; whoever does not listen is killed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.stdin?.end();
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), 1_000);
    await this.#exited.promise;
    clearTimeout(timer);
  }
}
