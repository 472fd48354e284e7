import type { Connection, ConnectionEvents, ConnectionOptions } from "../../../src/sender/delivery/connection.ts";
import { untried } from "../../../src/sender/delivery/delivery-report.ts";
import type { Halls } from "../../../src/sender/delivery/halls.ts";

/** A connection that tells nothing by itself. */
export class Told implements Connection {
  readonly state = "connected";
  readonly stages = {};
  readonly report = untried(4_000_000, 0);
  readonly events: ConnectionEvents;
  /** The rungs that it was put on. */
  readonly taken: number[] = [];

  constructor(events: ConnectionEvents) {
    this.events = events;
  }

  async answer(): Promise<string> {
    return "";
  }

  async addCandidate(): Promise<void> {}

  take(rung: number): void {
    this.taken.push(rung);
  }

  setMaxBps(): void {}
  async close(): Promise<void> {}
}

/** Nobody is served, and no keyframe is kept. */
export class ToldHalls implements Pick<Halls, keyof Halls> {
  readonly opened: Told[] = [];
  readonly mainHasRoom = true;

  open(_: ConnectionOptions, events: ConnectionEvents): Told {
    const connection = new Told(events);
    this.opened.push(connection);
    return connection;
  }

  send(): void {}
  setRungs(): void {}

  hasRecent(): boolean {
    return false;
  }

  async close(): Promise<void> {}
}
