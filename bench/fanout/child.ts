import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** A process of the bench that speaks by messages. */
export class Child<To, From extends { type: string }> implements Disposable {
  readonly #process: ChildProcess;
  readonly #inbox: From[] = [];

  constructor(file: string, args: string[] = []) {
    this.#process = fork(fileURLToPath(new URL(file, import.meta.url)), args);
    this.#process.on("message", (message) => this.#inbox.push(message as From));
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  tell(message: To & object): void {
    this.#process.send(message);
  }

  async hears<T extends From["type"]>(type: T): Promise<Extract<From, { type: T }>> {
    const signal = AbortSignal.timeout(20_000);
    for (;;) {
      const at = this.#inbox.findIndex((message) => message.type === type);
      if (at >= 0) return this.#inbox.splice(at, 1)[0] as Extract<From, { type: T }>;
      await once(this.#process, "message", { signal });
    }
  }

  [Symbol.dispose](): void {
    this.#process.kill();
  }
}
