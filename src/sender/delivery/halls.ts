import { availableParallelism } from "node:os";
import type { Connection, ConnectionEvents, ConnectionOptions } from "./connection.ts";
import { type Hall, LocalHall } from "./hall.ts";
import type { PackedPicture } from "./recent.ts";
import { RemoteHall, type RemoteHallEvents } from "./remote-hall.ts";

export interface HallsOptions extends RemoteHallEvents {
  /** How many viewers the main thread serves beside its encoders before others help. */
  mainViewers: number;
  /** How many other threads there may be. */
  threads: number;
}

export const DEFAULT_HALLS = { mainViewers: 32, threads: Math.max(0, availableParallelism() - 1) };
/** A thread takes a while to start: it does so when the main one is so full. */
const START_AT = 0.75;

/** All threads that serve viewers. */
export class Halls {
  readonly #main = new LocalHall();
  readonly #others: RemoteHall[];
  readonly #mainViewers: number;

  constructor({ mainViewers, threads, ...events }: HallsOptions) {
    this.#mainViewers = mainViewers;
    this.#others = Array.from({ length: threads }, () => new RemoteHall(events));
  }

  /** @throws when no connection can be made with these ICE servers */
  open(options: ConnectionOptions, events: ConnectionEvents): Connection {
    if (this.#main.size >= this.#mainViewers * START_AT) this.#others[0]?.start();
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

  /** Where the fewest are; the main thread's encoders count as viewers. */
  #choose(): Hall {
    if (this.#main.size < this.#mainViewers || this.#others.length === 0) return this.#main;
    const emptiest = this.#others.toSorted((a, b) => a.size - b.size).find((hall) => hall.start());
    return emptiest && emptiest.size < this.#main.size + this.#mainViewers ? emptiest : this.#main;
  }

  #all(): Hall[] {
    return [this.#main, ...this.#others];
  }
}
