import type { PeerStages } from "./peer/stages.ts";

/** What a viewer's first picture waited for at this end: milliseconds since its offer was here. */
export interface ViewerTimings {
  /** When the offer was here, milliseconds since the Unix epoch. */
  offerReceivedAtMs: number;
  answerSentMs?: number;
  iceConnectedMs?: number;
  dtlsConnectedMs?: number;
  keyframeSentMs?: number;
}

export interface SeatStages extends PeerStages {
  /** `performance.now()`, as all of these. */
  offerReceivedAtMs: number;
  answerSentAtMs?: number;
  keyframeSentAtMs?: number;
}

/** How long the camera is on for somebody who was answered and has not connected. */
const EXPECTED_MS = 5_000;

/** Whether the viewer may connect any moment, so that the camera should be open by then. */
export function isExpected({ answerSentAtMs }: SeatStages, nowMs: number): boolean {
  return answerSentAtMs !== undefined && nowMs - answerSentAtMs < EXPECTED_MS;
}

/** A direct path is found within this time, as a rule. */
const PATHLESS_MS = 1_000;

/** Whether the viewer was answered long enough ago to have a path, if there were one. */
export function looksInVain({ answerSentAtMs, iceConnectedAtMs }: SeatStages, nowMs: number): boolean {
  return answerSentAtMs !== undefined && iceConnectedAtMs === undefined && nowMs - answerSentAtMs > PATHLESS_MS;
}

/** A page gives a connection more time than this; who says good-bye sooner may only have changed its mind. */
const TRIED_MS = 5_000;

/** Whether a connection that ends now was answered and had time to find a path, and found none. */
export function endsPathless({ answerSentAtMs, iceConnectedAtMs }: SeatStages, nowMs: number): boolean {
  return answerSentAtMs !== undefined && iceConnectedAtMs === undefined && nowMs - answerSentAtMs > TRIED_MS;
}

export function timingsOf(stages: SeatStages): ViewerTimings {
  const since = (atMs: number | undefined) =>
    atMs === undefined ? undefined : Math.round((atMs - stages.offerReceivedAtMs) * 10) / 10;
  return {
    offerReceivedAtMs: Math.round((performance.timeOrigin + stages.offerReceivedAtMs) * 10) / 10,
    answerSentMs: since(stages.answerSentAtMs),
    iceConnectedMs: since(stages.iceConnectedAtMs),
    dtlsConnectedMs: since(stages.dtlsConnectedAtMs),
    keyframeSentMs: since(stages.keyframeSentAtMs),
  };
}
