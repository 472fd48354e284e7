import type { Connection, ConnectionEvents, ConnectionOptions } from "./connection.ts";
import { Delivery } from "./delivery.ts";
import type { PackedPicture } from "./recent.ts";
import { Recents } from "./recents.ts";

const TICK_MS = 25;

/** Viewers who are served by one thread. */
export interface Hall {
  readonly size: number;
  /** @throws when no connection can be made with these ICE servers */
  open(options: ConnectionOptions, events: ConnectionEvents): Connection;
  /** To everybody here whose rung it is of. */
  send(picture: PackedPicture): void;
  /** The ids of the rungs that stand. */
  setRungs(rungs: readonly number[]): void;
  close(): Promise<void>;
}

/** The viewers of this thread. */
export class LocalHall implements Hall {
  readonly #deliveries = new Set<Delivery>();
  readonly #recents = new Recents();
  #ticker: NodeJS.Timeout | undefined;

  get size(): number {
    return this.#deliveries.size;
  }

  open(options: ConnectionOptions, events: ConnectionEvents): Delivery {
    const delivery = new Delivery(options, this.#recents, {
      ...events,
      onState: (state) => {
        if (state === "closed") this.#forget(delivery);
        events.onState(state);
      },
    });
    this.#deliveries.add(delivery);
    this.#ticker ??= setInterval(() => this.#tick(), TICK_MS);
    return delivery;
  }

  send(picture: PackedPicture): void {
    this.#recents.add(picture);
    for (const delivery of this.#deliveries) delivery.send(picture);
  }

  /**
   * Nobody here is sent a picture of this rung.
   * @returns whether somebody needs its next keyframe
   */
  leaveOut(rung: number): boolean {
    let needed = false;
    for (const delivery of this.#deliveries) needed = delivery.leaveOut(rung) || needed;
    return needed;
  }

  setRungs(rungs: readonly number[]): void {
    this.#recents.keep(rungs);
  }

  hasRecent(rung: number, nowMs: number): boolean {
    return this.#recents.at(rung, nowMs).length > 0;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#deliveries].map((delivery) => delivery.close()));
  }

  #forget(delivery: Delivery): void {
    this.#deliveries.delete(delivery);
    if (this.#deliveries.size > 0) return;
    clearInterval(this.#ticker);
    this.#ticker = undefined;
  }

  #tick(): void {
    const nowMs = performance.now();
    for (const delivery of this.#deliveries) delivery.tick(nowMs);
  }
}
