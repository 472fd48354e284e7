import type { Role } from "../protocol/ids.ts";
import type { SenderMessage } from "../protocol/messages.ts";
import type { Connection } from "./delivery/connection.ts";
import type { SeenPath } from "./path-watch.ts";
import type { SeatStages } from "./viewer-timings.ts";

/** One connection of one viewer. */
export interface Seat {
  viewer: string;
  connection: number;
  role: Role;
  peer: Connection;
  stages: SeatStages;
  candidates: number;
  /** It was made with a TURN server to ask for a relay. */
  hasTurn: boolean;
  /** Which connection of this run it is, from 1; absent before it is up. */
  index?: number;
  /** Kept to be sent again when the viewer repeats its offer. */
  answer?: SenderMessage;
}

/** The connections that stand, by viewer and connection number. */
export class Seats {
  readonly #seats = new Map<string, Seat>();
  /** Viewers who were connected, and are not gone. */
  readonly #there = new Set<string>();
  #came = 0;

  all(): Seat[] {
    return [...this.#seats.values()];
  }

  of(viewer: string): Seat[] {
    return this.all().filter((seat) => seat.viewer === viewer);
  }

  /** Whether the viewer has connections beside this one; never beside all of them. */
  hasOthers(viewer: string, connection: number | undefined): boolean {
    return connection !== undefined && this.of(viewer).some((seat) => seat.connection !== connection);
  }

  viewers(): Set<string> {
    return new Set(this.all().map(({ viewer }) => viewer));
  }

  find(viewer: string, connection: number): Seat | undefined {
    return this.#seats.get(nameOf(viewer, connection));
  }

  /** The newest connection of each of these viewers; none while a newer one is being made. */
  paths(viewers: Iterable<string>): SeenPath[] {
    const newest = new Map(this.all().map((seat) => [seat.viewer, seat]));
    return [...viewers].flatMap((viewer) => {
      const seat = newest.get(viewer);
      return seat?.peer.state === "connected" ? [pathOf(seat)] : [];
    });
  }

  add(seat: Seat): void {
    this.#seats.set(nameOf(seat.viewer, seat.connection), seat);
  }

  /** The seat's connection is up. */
  came(seat: Seat): void {
    seat.index = ++this.#came;
    this.#there.add(seat.viewer);
  }

  /** @returns whether the viewer was there, and has no seat any more; once */
  isGone(viewer: string): boolean {
    return this.of(viewer).length === 0 && this.#there.delete(viewer);
  }

  /** False once the seat was given up, or another took its place. */
  holds(seat: Seat): boolean {
    return this.find(seat.viewer, seat.connection) === seat;
  }

  remove(seat: Seat): void {
    if (this.holds(seat)) this.#seats.delete(nameOf(seat.viewer, seat.connection));
  }
}

function pathOf({ viewer, connection, peer }: Seat): SeenPath {
  const { lastHeardAtMs, unansweredSinceMs, sendErrors } = peer.report;
  return { viewer, connection, lastHeardAtMs, unansweredSinceMs, sendErrors };
}

function nameOf(viewer: string, connection: number): string {
  return `${viewer} ${connection}`;
}
