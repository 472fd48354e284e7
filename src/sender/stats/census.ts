import type { DeliveryStats, SenderStats } from "../../protocol/stats.ts";
import type { LiveCamera } from "../live-camera.ts";
import type { Seat } from "../seats.ts";
import { deliveryStats } from "./delivery-stats.ts";

/**
 * Everybody who watches, and what. A connection's number tells it from others, and leads nobody to the viewer.
 * @param seats of the connections that are up; of a viewer that has two, the newer one is told of
 */
export function takeCensus(camera: LiveCamera, seats: readonly Seat[], nowMs: number): SenderStats {
  const { rungs } = camera.broadcast;
  const newest = new Map(seats.map((seat) => [seat.viewer, seat]));
  const viewers = Array.from(newest.values(), ({ viewer, index = 0, peer }): DeliveryStats => {
    return { index, id: viewer, ...deliveryStats(peer.report, rungs) };
  });
  return { cameras: [camera.stats(nowMs)], viewers };
}
