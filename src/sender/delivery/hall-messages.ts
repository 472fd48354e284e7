import type { KeyframeNeed } from "../encode/keyframe-gate.ts";
import type { WireCandidate } from "../peer/candidates.ts";
import type { OfferRefusal } from "../peer/offer-refusal.ts";
import type { PeerState } from "../peer/peer.ts";
import type { PeerStages } from "../peer/stages.ts";
import type { ConnectionOptions, DeliveryReport } from "./connection.ts";

/** What the main thread says to the thread of a hall. Times are milliseconds of {@link toShared}: each thread's own clock has its own zero. */
export type ToHall =
  | { type: "open"; id: number; options: Omit<ConnectionOptions, "standby"> }
  | { type: "answer"; id: number; sdp: string; gatherMs: number }
  | { type: "candidate"; id: number; candidate: WireCandidate }
  | { type: "take"; id: number; rung: number; replay: boolean }
  | { type: "max-bps"; id: number; maxBps: number }
  | { type: "close"; id: number }
  /** It ends as soon as it may. */
  | { type: "end" }
  | { type: "rungs"; rungs: readonly number[] }
  | {
      type: "picture";
      rung: number;
      keyframe: boolean;
      capturedAtMs: number;
      saidAtMs: number;
      /** All payloads, one after the other. Transferred: what is shared V8 counts as nothing, and collects late. */
      memory: ArrayBuffer;
      lengths: number[];
    };

/** What that thread says. */
export type FromHall =
  /** It has all that its first viewer needs, and may be ended. */
  | { type: "warm" }
  | { type: "answered"; id: number; sdp: string }
  | { type: "unanswerable"; id: number; refusal: OfferRefusal | undefined }
  | { type: "candidate"; id: number; candidate: WireCandidate }
  | { type: "state"; id: number; state: PeerState }
  | { type: "path"; id: number }
  | { type: "relay"; id: number; failures: readonly string[] }
  | { type: "keyframe"; id: number; need: KeyframeNeed }
  | { type: "first-picture"; id: number }
  /** Pictures of this rung were left out; its next keyframe is waited for. */
  | { type: "behind"; rung: number }
  | { type: "report"; id: number; report: DeliveryReport; stages: PeerStages };

/** Not `performance.timeOrigin`, which is what the wall clock said when the thread began: it may be set in between. */
const zeroMs = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** From this thread's `performance.now()` to a clock that all threads of the process share, and nobody sets. */
export function toShared(atMs: number): number {
  return zeroMs + atMs;
}

/** Back. */
export function fromShared(sharedMs: number): number {
  return sharedMs - zeroMs;
}

/** A report with its times told by another clock: {@link toShared} or {@link fromShared}. */
export function byClock(report: DeliveryReport, told: (atMs: number) => number): DeliveryReport {
  const { lastHeardAtMs, unansweredSinceMs: since } = report;
  return {
    ...report,
    lastHeardAtMs: told(lastHeardAtMs),
    unansweredSinceMs: since === undefined ? undefined : told(since),
  };
}

/** The same of how far a connection got. */
export function stagesByClock(stages: PeerStages, told: (atMs: number) => number): PeerStages {
  const { iceConnectedAtMs: ice, dtlsConnectedAtMs: dtls } = stages;
  return {
    ...(ice === undefined ? {} : { iceConnectedAtMs: told(ice) }),
    ...(dtls === undefined ? {} : { dtlsConnectedAtMs: told(dtls) }),
  };
}
