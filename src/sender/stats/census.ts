import type { DeliveryStats, SenderStats } from "../../protocol/stats.ts";
import type { Delivery } from "../delivery/delivery.ts";
import type { LiveCamera } from "../live-camera.ts";
import type { Seat } from "../seats.ts";
import { deliveryStats } from "./delivery-stats.ts";

/** Numbers the connections of a run in the order they came: a number tells them apart, and leads nobody to the viewer. */
export class Census {
  readonly #indexes = new WeakMap<Delivery, number>();
  #count = 0;

  /** @param seats of the connections that are up; of a viewer that has two, the newer one is told of */
  take(camera: LiveCamera, seats: readonly Seat[], nowMs: number): SenderStats {
    const { rungs } = camera.broadcast;
    const newest = new Map(seats.map((seat) => [seat.viewer, seat]));
    const viewers = Array.from(newest.values(), ({ viewer, delivery }): DeliveryStats => {
      return { index: this.#indexOf(delivery), id: viewer, ...deliveryStats(delivery, rungs, nowMs) };
    });
    return { cameras: [camera.stats(nowMs)], viewers };
  }

  #indexOf(delivery: Delivery): number {
    const index = this.#indexes.get(delivery) ?? ++this.#count;
    this.#indexes.set(delivery, index);
    return index;
  }
}
