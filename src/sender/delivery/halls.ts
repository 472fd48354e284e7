import { availableParallelism } from "node:os";
import type { Connection, ConnectionEvents, ConnectionOptions } from "./connection.ts";
import { type Hall, LocalHall } from "./hall.ts";
import type { PackedPicture } from "./recent.ts";
import { RemoteHall, type RemoteHallEvents, type StartThread } from "./remote-hall.ts";

export interface HallsOptions extends RemoteHallEvents {
  /** How many viewers a thread serves, the main one beside its encoders, before others help. */
  mainViewers: number;
  /** How many other threads there may be. */
  threads: number;
  /** Starts one. */
  thread?: StartThread;
}

export const DEFAULT_HALLS = { mainViewers: 32, threads: Math.max(0, availableParallelism() - 1) };
/** A thread takes a while to start: it does so when those that run are so full. */
const START_AT = 0.75;

/** All threads that serve viewers. */
export class Halls {
  readonly #main = new LocalHall();
  readonly #others: RemoteHall[];
  readonly #mainViewers: number;

  constructor({ mainViewers, threads, thread, ...events }: HallsOptions) {
    this.#mainViewers = mainViewers;
    this.#others = Array.from({ length: threads }, () => new RemoteHall(events, thread));
  }

  /** @throws when no connection can be made with these ICE servers */
  open(options: ConnectionOptions, events: ConnectionEvents): Connection {
    if (this.#areFilling()) this.#others.find((hall) => !hall.started && hall.start());
    return (options.standby ? this.#main : this.#choose()).open(options, events);
  }

  send(picture: PackedPicture): void {
    for (const hall of this.#all()) hall.send(picture);
  }

  setRungs(rungs: readonly number[]): void {
    for (const hall of this.#all()) hall.setRungs(rungs);
  }

  /** Whether the main thread would serve one more. */
  get mainHasRoom(): boolean {
    return this.#choose() === this.#main;
  }

  /** Whether a viewer of this rung could begin at once, with a keyframe of a moment ago. */
  hasRecent(rung: number, nowMs: number): boolean {
    return this.#main.hasRecent(rung, nowMs);
  }

  async close(): Promise<void> {
    await Promise.all(this.#all().map((hall) => hall.close()));
  }

  /**
   * The main thread, and then where the fewest are; its encoders count as viewers. A thread that is still beginning has
   * nobody, and makes them wait: it comes last of those that have room.
   */
  #choose(): Hall {
    if (this.#main.size < this.#mainViewers) return this.#main;
    const running = this.#running.sort((a, b) => a.size - b.size);
    const roomy = running.filter(({ size }) => size < this.#mainViewers);
    const best = roomy.find(({ warm }) => warm) ?? roomy[0] ?? running[0];
    return best && best.size < this.#main.size + this.#mainViewers ? best : this.#main;
  }

  #areFilling(): boolean {
    return [this.#main, ...this.#running].every(({ size }) => size >= this.#mainViewers * START_AT);
  }

  get #running(): RemoteHall[] {
    return this.#others.filter(({ started }) => started);
  }

  #all(): Hall[] {
    return [this.#main, ...this.#others];
  }
}
