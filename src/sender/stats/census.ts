import type { DeliveryStats, SenderStats } from "../../protocol/stats.ts";
import type { Connection } from "../delivery/connection.ts";
import type { LiveCamera } from "../live-camera.ts";
import type { Seat } from "../seats.ts";
import { deliveryStats } from "./delivery-stats.ts";

/** Numbers the connections of a run in the order they came: a number tells them apart, and leads nobody to the viewer. */
export class Census {
  readonly #indexes = new WeakMap<Connection, number>();
  #count = 0;

  /** @param seats of the connections that are up; of a viewer that has two, the newer one is told of */
  take(camera: LiveCamera, seats: readonly Seat[], nowMs: number): SenderStats {
    const { rungs } = camera.broadcast;
    const newest = new Map(seats.map((seat) => [seat.viewer, seat]));
    const viewers = Array.from(newest.values(), ({ viewer, peer }): DeliveryStats => {
      return { index: this.#indexOf(peer), id: viewer, ...deliveryStats(peer.report, rungs) };
    });
    return { cameras: [camera.stats(nowMs)], viewers };
  }

  #indexOf(connection: Connection): number {
    const index = this.#indexes.get(connection) ?? ++this.#count;
    this.#indexes.set(connection, index);
    return index;
  }
}
