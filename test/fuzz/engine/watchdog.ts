import { join } from "node:path";
import { Worker } from "node:worker_threads";

/** An input that takes longer is a finding: what a stranger sends may not hold this process up. */
const HANG_S = 5;

/** A thread that sees when the one that fuzzes hangs, keeps the input that did it, and ends the process. */
export class Watchdog {
  readonly #head: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #worker: Worker;

  constructor(folder: string, maxBytes: number) {
    const shared = new SharedArrayBuffer(8 + maxBytes);
    this.#head = new Int32Array(shared, 0, 2);
    this.#bytes = new Uint8Array(shared, 8);
    this.#worker = new Worker(WATCH, { eval: true, workerData: { shared, path: join(folder, "hang"), hangS: HANG_S } });
    this.#worker.unref();
  }

  /** The input that is about to run. */
  note(input: Buffer): void {
    this.#bytes.set(input.subarray(0, this.#bytes.length));
    Atomics.store(this.#head, 1, input.length);
    Atomics.add(this.#head, 0, 1);
  }

  end(): void {
    void this.#worker.terminate();
  }
}

/** Plain JavaScript, run from its text: it must go on while the module loader of the main thread hangs. */
const WATCH = `
const { workerData: { shared, path, hangS } } = require("node:worker_threads");
const { writeFileSync } = require("node:fs");
const head = new Int32Array(shared, 0, 2);
let seen = 0, seconds = 0;
setInterval(() => {
  const count = Atomics.load(head, 0);
  seconds = count === seen ? seconds + 1 : 0;
  seen = count;
  if (count === 0 || seconds < hangS) return;
  writeFileSync(path, Buffer.from(new Uint8Array(shared, 8).slice(0, head[1])));
  require("node:fs").writeSync(2, "HANGS: " + path + "\\n");
  process.kill(process.pid, "SIGKILL");
}, 1000);
`;
