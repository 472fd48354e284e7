import { once } from "node:events";
import { createConnection } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import { ROOT } from "./processes.ts";

export type Order = "hold" | "break-encoder" | "break-thread";

export interface Held {
  heapBytes: number;
  /** Outside the heap: packets, slabs. */
  bufferBytes: number;
  /** Threads that serve viewers. */
  halls: number;
  /** Sockets, timers and the like, counted by kind. */
  resources: Record<string, number>;
}

/** A way into a process of ours that a test started, which the product does not have: see test/fixtures/inside.ts. */
export class Inside {
  /** What the process is to be started with. */
  readonly env: Record<string, string>;
  readonly #path: string;

  /** @param dir an empty folder */
  constructor(dir: string) {
    this.#path = join(dir, "inside.socket");
    const fixture = pathToFileURL(join(ROOT, "test/fixtures/inside.ts"));
    this.env = { SIGHTLINE_TEST_INSIDE: this.#path, NODE_OPTIONS: `--import=${fixture}` };
  }

  /** What it holds, when everything that can be collected was. */
  held(): Promise<Held> {
    return this.#ask("hold") as Promise<Held>;
  }

  /** The next picture is refused by the encoder. */
  async breakEncoder(): Promise<void> {
    await this.#ask("break-encoder");
  }

  /**
   * Throws in the threads that serve viewers.
   * @returns in how many
   */
  async breakThreads(): Promise<number> {
    return Number(await this.#ask("break-thread"));
  }

  async #ask(order: Order): Promise<unknown> {
    const socket = createConnection(this.#path);
    await once(socket, "connect");
    socket.write(`${order}\n`);
    return JSON.parse(await text(socket));
  }
}
