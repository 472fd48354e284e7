/** In their order; all but the first two are told from the script's start. */
export const STAGES = [
  "page is here",
  "script starts",
  "offer leaves",
  "sender has the offer",
  "page has a standby",
  "sender's answer leaves",
  "page has the answer",
  "ICE, page",
  "ICE, sender",
  "DTLS, sender",
  "keyframe leaves",
  "DTLS, page",
  "keyframe is here",
  "decoded",
  "shown",
  // Beside the way to the picture, which waits for neither.
  "socket is open",
  "edge welcomes",
] as const;
export type Stage = (typeof STAGES)[number];

/** Milliseconds; the first two since the click, the others since the script's start. */
export type Run = Record<Stage, number>;

/** Milliseconds from the click to the picture on show: what somebody who clicks waits. */
export function fromClickMs(run: Run): number {
  return run["script starts"] + run.shown;
}

/** What the page told of one run: milliseconds of its own clock, whose origin is in milliseconds since the Unix epoch. */
export interface PageTold {
  originMs: number;
  pageMs: number;
  timings: Record<string, number>;
}

/** @param told the sender's: milliseconds since the offer came, and when that was (since the Unix epoch) */
export function stagesOf({ originMs, pageMs, timings }: PageTold, told: Record<string, number>): Run {
  const start = timings.start ?? Number.NaN;
  const here = (name: string) => (timings[name] ?? Number.NaN) - start;
  const offeredMs = (told.offerReceivedAtMs ?? Number.NaN) - originMs - start;
  const there = (name: string) => offeredMs + (told[name] ?? Number.NaN);
  return {
    "page is here": pageMs,
    "script starts": start,
    "offer leaves": here("offerSent"),
    "sender has the offer": offeredMs,
    "page has a standby": here("standby"),
    "sender's answer leaves": there("answerSentMs"),
    "page has the answer": here("answer"),
    "ICE, page": here("iceConnected"),
    "ICE, sender": there("iceConnectedMs"),
    "DTLS, page": here("dtlsConnected"),
    "DTLS, sender": there("dtlsConnectedMs"),
    "keyframe leaves": there("keyframeSentMs"),
    "keyframe is here": here("keyframe"),
    decoded: here("decoded"),
    shown: here("firstFrame"),
    "socket is open": here("socketOpen"),
    "edge welcomes": here("welcome"),
  };
}
