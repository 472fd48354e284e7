import { setTimeout as sleep } from "node:timers/promises";
import { Backoff } from "../backoff.ts";
import type { Runtime } from "./runtime.ts";

/** @param signal gives it up */
type Start = (port: number, signal?: AbortSignal) => Promise<Runtime>;

/** One that ran for so long works: should it end, it is started again soon. */
const WELL_MS = 10_000;
const FIRST_MS = 500;

/** A runtime that is started again, on its port, where it ends by itself. */
export class KeptRuntime {
  readonly port: number;
  readonly #start: Start;
  readonly #log: (line: string) => void;
  readonly #backoff = new Backoff({ firstMs: FIRST_MS });
  readonly #closing = new AbortController();
  readonly #kept: Promise<void>;
  #runtime: Runtime;

  private constructor(runtime: Runtime, start: Start, log: (line: string) => void) {
    this.port = runtime.port;
    this.#runtime = runtime;
    this.#start = start;
    this.#log = log;
    this.#kept = this.#keep();
  }

  /** @throws what `start` throws the first time */
  static async start(port: number, start: Start, log: (line: string) => void): Promise<KeptRuntime> {
    return new KeptRuntime(await start(port), start, log);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#runtime.end();
    await this.#kept;
  }

  async #keep(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const begunAtMs = performance.now();
      const how = await this.#runtime.ended;
      if (signal.aborted) return;
      this.#log(`edge error: its runtime, workerd, ended by itself (${how}). It is started again.`);
      if (performance.now() - begunAtMs >= WELL_MS) this.#backoff.reset();
      await this.#startAgain(signal);
    }
    // One that was on its way when it was to end.
    await this.#runtime.end();
  }

  /** Until it runs, or nobody wants it any more. */
  async #startAgain(signal: AbortSignal): Promise<void> {
    let told = "";
    for (;;) {
      await sleep(this.#backoff.next(), undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      try {
        this.#runtime = await this.#start(this.port, signal);
        return;
      } catch (error) {
        if (signal.aborted) return;
        const said = reasonOf(error);
        if (said !== told) this.#log(`edge error: its runtime does not start again: ${said}`);
        told = said;
      }
    }
  }
}

/** Without what only one that never ran may lack. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
