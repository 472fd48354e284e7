import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { ConnectionEvents, ConnectionOptions } from "./connection.ts";
import type { Hall } from "./hall.ts";
import { type FromHall, type ToHall, toShared } from "./hall-messages.ts";
import type { PackedPicture } from "./recent.ts";
import { RemoteConnection } from "./remote-connection.ts";

/** One that failed so soon after its start would fail again, and its viewers come again at once. */
const SOON_MS = 1_000;
const RESTART_AFTER_MS = 30_000;
/** From when a thread may end until it is ended. */
const END_MS = 3_000;

export interface RemoteHallEvents {
  /** The thread ended though nobody asked it to, or could not be started. */
  onFailure(error: unknown): void;
  /** It left out pictures of this rung, and some of its viewers wait for a keyframe. */
  onBehind(rung: number): void;
}

export type StartThread = (file: URL) => Worker;

/** The viewers of another thread. When it fails its viewers come again, as they do when a network fails. */
export class RemoteHall implements Hall {
  readonly #connections = new Map<number, RemoteConnection>();
  readonly #events: RemoteHallEvents;
  readonly #thread: StartThread;
  #worker: Worker | undefined;
  #isWarm = false;
  #warm = Promise.withResolvers<void>();
  #begunAtMs = Number.NEGATIVE_INFINITY;
  #failedAtMs = Number.NEGATIVE_INFINITY;
  #nextId = 0;
  #rungs: readonly number[] = [];

  /** @param thread starts it */
  constructor(events: RemoteHallEvents, thread: StartThread = (file) => new Worker(file)) {
    this.#events = events;
    this.#thread = thread;
  }

  get size(): number {
    return this.#connections.size;
  }

  /** There is a thread. */
  get started(): boolean {
    return this.#worker !== undefined;
  }

  /** It has all that its next viewer needs. */
  get warm(): boolean {
    return this.#isWarm;
  }

  /**
   * Starts the thread, before somebody needs it.
   * @returns whether there is one: a system may give no more, and one that failed as it began would fail again
   */
  start(nowMs = performance.now()): boolean {
    if (this.#worker) return true;
    if (nowMs - this.#failedAtMs < RESTART_AFTER_MS) return false;
    try {
      this.#begin();
    } catch (error) {
      this.#failedAtMs = nowMs;
      this.#events.onFailure(error);
    }
    return this.#worker !== undefined;
  }

  #begin(): void {
    // What is compiled for the package stands beside this file under its own extension.
    const file = import.meta.url.endsWith(".ts") ? "./hall-thread.ts" : "./hall-thread.js";
    const worker = this.#thread(new URL(file, import.meta.url));
    this.#worker = worker;
    this.#isWarm = false;
    this.#warm = Promise.withResolvers();
    this.#begunAtMs = performance.now();
    worker.on("message", (message: FromHall) => this.#hear(message));
    worker.on("error", (error) => this.#fail(worker, error));
    worker.on("exit", () => this.#fail(worker, new Error("it ended")));
    worker.unref();
  }

  open(options: ConnectionOptions, events: ConnectionEvents): RemoteConnection {
    const id = this.#nextId++;
    const connection = new RemoteConnection(options, (message) => this.#tell({ ...message, id } as ToHall), {
      ...events,
      onState: (state) => {
        if (state === "closed") this.#connections.delete(id);
        // It is sent no pictures from now on: what it keeps would have a hole.
        if (this.#connections.size === 0) this.setRungs([]);
        events.onState(state);
      },
    });
    this.#connections.set(id, connection);
    const { iceServers, relayOnly, loopback, maxBps, playoutMs } = options;
    this.#tell({ type: "open", id, options: { iceServers, relayOnly, loopback, maxBps, playoutMs } });
    return connection;
  }

  send({ rung, payloads, bytes, keyframe, capturedAtMs }: PackedPicture): void {
    if (this.#connections.size === 0) return;
    const memory = new ArrayBuffer(bytes);
    const all = Buffer.from(memory);
    let at = 0;
    for (const payload of payloads) at += payload.copy(all, at);
    const lengths = payloads.map(({ length }) => length);
    const times = { capturedAtMs: toShared(capturedAtMs), saidAtMs: toShared(performance.now()) };
    this.#tell({ type: "picture", rung, keyframe, ...times, memory, lengths }, [memory]);
  }

  setRungs(rungs: readonly number[]): void {
    if (rungs.join() === this.#rungs.join()) return;
    this.#rungs = rungs;
    this.#tell({ type: "rungs", rungs });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#connections.values()].map((connection) => connection.close()));
    const worker = this.#worker;
    if (!worker) return;
    this.#tell({ type: "end" });
    this.#worker = undefined;
    worker.ref();
    const ended = once(worker, "exit").catch(() => {});
    // However long a busy machine takes: ended from without while it makes its key, it would end the process.
    await Promise.race([ended, this.#warm.promise]);
    const isLate = await Promise.race([ended.then(() => false), sleep(END_MS, true, { ref: false })]);
    if (isLate) await worker.terminate();
  }

  #hear(message: FromHall): void {
    if (message.type === "warm") this.#becomeWarm();
    else if (message.type === "behind") this.#events.onBehind(message.rung);
    else this.#connections.get(message.id)?.hear(message);
  }

  #becomeWarm(): void {
    this.#isWarm = true;
    this.#warm.resolve();
  }

  #tell(message: ToHall, transferred: ArrayBuffer[] = []): void {
    this.#worker?.postMessage(message, transferred);
  }

  #fail(worker: Worker, error: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    const nowMs = performance.now();
    if (nowMs - this.#begunAtMs < SOON_MS) this.#failedAtMs = nowMs;
    for (const connection of [...this.#connections.values()]) connection.lose();
    this.#events.onFailure(error);
  }
}
