import type { DeliveryStats, RungStats } from "../../protocol/stats.ts";
import type { DeliveryReport } from "../delivery/connection.ts";
import { tenths } from "./numbers.ts";

/** What the sender knows of one viewer now, as plain data. */
export function deliveryStats(
  report: DeliveryReport,
  rungs: readonly RungStats[],
): Omit<DeliveryStats, "index" | "id"> {
  const { decision, dropped } = report;
  const rung = rungs.find(({ id }) => id === report.rung);
  return {
    targetBps: Math.round(decision.targetBps),
    estimateBps: Math.round(decision.estimateBps),
    sentBps: Math.round(report.sentBps),
    retransmittedBps: Math.round(report.repeatedBps),
    ...(decision.rttKnown ? { rttMs: tenths(decision.rttMs) } : {}),
    ...(decision.lossKnown ? { lossFraction: Math.round(decision.lossFraction * 10_000) / 10_000 } : {}),
    ...(decision.queueKnown ? { queueMs: tenths(Math.max(0, decision.queueMs)) } : {}),
    pacerMs: tenths(Math.max(0, report.pacerMs)),
    playoutMs: decision.playoutMs,
    limitedBy: decision.limitedBy,
    ...(rung ? { rung: shapeOf(rung) } : {}),
    framesSent: report.pictures,
    framesDroppedNoKeyframe: report.unbegun,
    framesDroppedBehind: report.behind,
    packetsRefused: report.sendErrors,
    retransmissionsDroppedLate: dropped["too-late"],
    retransmissionsDroppedOverBudget: dropped["over-budget"],
  };
}

function shapeOf({ id, width, height, fps, bitrateBps }: RungStats): RungStats {
  return { id, width, height, fps, bitrateBps: Math.round(bitrateBps) };
}
