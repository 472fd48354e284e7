import type { DeliveryStats, RungStats } from "../../protocol/stats.ts";
import type { Delivery } from "../delivery/delivery.ts";
import { tenths } from "./numbers.ts";

/** What the sender knows of one viewer now, as plain data. */
export function deliveryStats(
  delivery: Delivery,
  rungs: readonly RungStats[],
  nowMs: number,
): Omit<DeliveryStats, "index" | "id"> {
  const { decision, dropped, lane } = delivery;
  const rung = rungs.find(({ id }) => id === lane.current);
  return {
    targetBps: Math.round(decision.targetBps),
    estimateBps: Math.round(decision.estimateBps),
    sentBps: Math.round(delivery.sentBps),
    retransmittedBps: Math.round(delivery.repeatedBps),
    rttMs: tenths(decision.rttMs),
    lossFraction: Math.round(decision.lossFraction * 10_000) / 10_000,
    queueMs: tenths(Math.max(0, decision.queueMs)),
    pacerMs: tenths(Math.max(0, delivery.pacerMs(nowMs))),
    playoutMs: decision.playoutMs,
    limitedBy: decision.limitedBy,
    ...(rung ? { rung: shapeOf(rung) } : {}),
    framesSent: delivery.pictures,
    framesDroppedNoKeyframe: delivery.unbegun,
    retransmissionsDroppedLate: dropped["too-late"],
    retransmissionsDroppedOverBudget: dropped["over-budget"],
  };
}

function shapeOf({ id, width, height, fps, bitrateBps }: RungStats): RungStats {
  return { id, width, height, fps, bitrateBps: Math.round(bitrateBps) };
}
